/** The task of the web server: counts primes, which would block the server for as long as it takes. */
import { Celeriac } from 'celeriac';

/** In memory, so that the example leaves nothing behind; `sqlite://./jobs.db` for both keeps jobs over a restart. */
export const app = new Celeriac('web', { brokerUrl: 'memory://', resultBackend: 'memory://' });

export const countPrimes = app.task(
  'web.count-primes',
  { bind: true, params: ['below'], timeLimit: 60 },
  async (ctx, below: number) => {
    let count = 0;
    for (let n = 2; n < below; n++) {
      if (isPrime(n)) count++;
      if (n % 50_000 === 0) await ctx.updateState('PROGRESS', { at: n, below });
    }
    return count;
  },
);

function isPrime(n: number): boolean {
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false;
  return true;
}
