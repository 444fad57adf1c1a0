/**
 * The quick start (`npm run quickstart`): starts a real worker process on an SQLite file, gives it work that keeps every
 * core busy, and tells how it went. Ctrl-C stops it at any point: no process and no half-written file is left.
 */
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Celeriac, TerminatedError } from 'celeriac';
import type { FileReport } from './compress-file.js';
import { picture, type Tile } from './fractal.js';
import { measureOneThread, type FinishedWork } from './one-thread.js';
import { writePng } from './png-file.js';
import { Progress } from './progress.js';
import { formatSummary } from './summary.js';
import type { Timed } from './tasks.js';
import { planWork, type Work } from './work.js';
import { packageFolder, WorkerProcess } from './worker-process.js';

const threads = availableParallelism();
const outputFolder = process.env['QUICKSTART_OUTPUT'] ?? join(packageFolder, '.celeriac');
const picturePath = join(outputFolder, 'quickstart.png');

/** What came back, gathered as it comes. */
class Harvest {
  readonly finished: FinishedWork[] = [];
  readonly pixels = new Uint8Array(picture.width * picture.height * 3);
  failures = 0;
  bytes = 0;
  compressedBytes = 0;

  addFile(work: Work, { value, runMs }: Timed<FileReport>): void {
    this.finished.push({ work, runMs });
    this.bytes += value.bytes;
    this.compressedBytes += value.compressedBytes;
  }

  addTile(work: Work, tile: Tile, { value, runMs }: Timed<Uint8Array>): void {
    this.finished.push({ work, runMs });
    for (let row = 0; row < tile.height; row++) {
      const pixels = value.subarray(row * tile.width * 3, (row + 1) * tile.width * 3);
      this.pixels.set(pixels, ((tile.y + row) * picture.width + tile.x) * 3);
    }
  }

  addFailure(error: unknown): void {
    // Closing the app ends the waits that a stop has left: that is no failure of a task.
    if (error instanceof TerminatedError) return;
    if (this.failures++ === 0) console.error('\na task failed:', error);
  }
}

/** Sends all work and gathers its results. A client needs nothing of the tasks but their names. */
async function runAll(app: Celeriac, plan: readonly Work[], progress: Progress): Promise<Harvest> {
  const harvest = new Harvest();
  const runOne = async (work: Work): Promise<void> => {
    try {
      if (work.kind === 'file') {
        const result = await app.sendTask<Timed<FileReport>>('quickstart.compress', { args: [work.path] });
        harvest.addFile(work, await result.get());
      } else {
        const result = await app.sendTask<Timed<Uint8Array>>('quickstart.render-tile', { args: [work.tile] });
        harvest.addTile(work, work.tile, await result.get());
      }
    } catch (error) {
      harvest.addFailure(error);
    }
    progress.advance();
  };
  await Promise.all(plan.map(runOne));
  return harvest;
}

/** @throws the signal's reason when it is stopped. */
async function quickstart(signal: AbortSignal): Promise<boolean> {
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
  const folder = await mkdtemp(join(tmpdir(), 'celeriac-quickstart-'));
  const database = `sqlite://${join(folder, 'queue.db')}`;
  const tasks = join(packageFolder, 'examples', 'quickstart', 'tasks.ts');
  const worker = new WorkerProcess([
    ...['-A', tasks, '-b', database, '--result-backend', database],
    ...['worker', '-c', String(threads), '-Q', 'quickstart'],
  ]);
  const app = new Celeriac('quickstart-client', {
    brokerUrl: database,
    resultBackend: database,
    taskDefaultQueue: 'quickstart',
  });
  try {
    const plan = planWork(join(packageFolder, 'node_modules'));
    await Promise.race([worker.ready, stopped]);
    console.log(
      `worker ${String(worker.pid)} is ready on ${String(threads)} threads; sending ${String(plan.length)} tasks`,
    );
    const startedMs = performance.now();
    const progress = new Progress(plan.length, process.stdout);
    const harvest = await Promise.race([runAll(app, plan, progress), worker.failed, stopped]);
    const wallMs = performance.now() - startedMs;
    progress.end();
    await worker.stop({ inHurry: false });
    mkdirSync(outputFolder, { recursive: true });
    await writePng(picturePath, { ...picture, pixels: harvest.pixels }, signal);
    const oneThread = await measureOneThread(harvest.finished, signal);
    const tiles = plan.filter(({ kind }) => kind === 'tile').length;
    const { finished, failures, bytes, compressedBytes } = harvest;
    const runTimesMs = finished.map(({ runMs }) => runMs);
    const counts = { files: plan.length - tiles, tiles, failures, bytes, compressedBytes };
    console.log(`\n${formatSummary({ ...counts, wallMs, threads, runTimesMs, oneThread, picturePath })}`);
    return failures === 0;
  } finally {
    await worker.stop({ inHurry: true });
    await app.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    stop.abort(new Error(`stopped by ${name}; nothing is left behind`));
  });
}
quickstart(stop.signal).then(
  (isGood) => {
    process.exitCode = isGood ? 0 : 1;
  },
  (error: unknown) => {
    console.error(`\n${stop.signal.aborted && error instanceof Error ? error.message : String(error)}`);
    process.exitCode = stop.signal.aborted ? 130 : 1;
  },
);
