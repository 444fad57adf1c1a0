/**
 * A program with a worker that gets one task with a large argument and another that gives it back. Arguments: kind of
 * pool, MB. Prints what it took as JSON.
 */
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { Worker } from '../../core/worker/public.js';
import { app, echo, length, peak } from './members/large-tasks.js';

const WAIT = { timeoutMs: 300_000 };

async function timed<T>(work: () => Promise<T>): Promise<readonly [T, number]> {
  const startMs = performance.now();
  return [await work(), Math.round(performance.now() - startMs)];
}

async function main(workerPool: string, megabytes: number): Promise<void> {
  const module = new URL('./members/large-tasks.js', import.meta.url);
  const worker = await Worker.start({ app, module, concurrency: 1, settings: { workerPool } });
  const text = 'x'.repeat(megabytes * 2 ** 20);
  const [count, inMs] = await timed(async () => (await length.delay(text)).get(WAIT));
  assert.equal(count, text.length);
  const [back, bothMs] = await timed(async () => (await echo.delay(text)).get(WAIT));
  assert.ok(back === text);
  const memberPeakMb = await (await peak.delay()).get(WAIT);
  const hostPeakMb = Math.round(process.resourceUsage().maxRSS / 1024);
  await worker.close();
  await app.close();
  process.stdout.write(JSON.stringify({ inMs, bothMs, hostPeakMb, memberPeakMb }));
}

void main(process.argv[2] ?? 'threads', Number(process.argv[3]));
