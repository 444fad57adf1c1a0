/** Tasks that fail in every way that leaves their member alive, and some that do not, for a worker in this process. */
import { threadId } from 'node:worker_threads';
import { Celeriac } from '../../../core/app/public.js';

export const app = new Celeriac('failing', { brokerUrl: 'memory://failing', resultBackend: 'memory://failing' });

export const live = app.task('failing.live', (n: number) => n);
export const where = app.task('failing.where', () => `${String(process.pid)}.${String(threadId)}`);

class Unreadable extends Error {
  override get message(): string {
    throw new TypeError('no message');
  }
  override get stack(): string {
    throw new TypeError('no stack');
  }
}

class Refused extends Error {
  readonly left = 3;
}

const values: Readonly<Record<string, () => unknown>> = {
  error: () => new Refused('refused', { cause: new TypeError('inner') }),
  words: () => 'only words',
  nothing: () => undefined,
  bare: () => Object.assign(Object.create(null) as object, { reason: 'bare' }),
  frozen: () => Object.freeze(new RangeError('frozen')),
  unreadable: () => new Unreadable(),
};

export const throws = app.task('failing.throws', (kind: string) => {
  const value = values[kind]?.();
  throw value as Error;
});

export const rejects = app.task('failing.rejects', (kind: string) => {
  const value = values[kind]?.();
  return Promise.reject(value);
});

function overflow(): number {
  return 1 + overflow();
}

export const overflows = app.task('failing.overflows', () => overflow());

export const aborts = app.task('failing.aborts', () => {
  process.abort();
});
