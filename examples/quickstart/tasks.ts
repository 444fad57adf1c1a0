/** The task module of the quick start: what `celeriac -A examples/quickstart/tasks.ts worker` runs on its threads. */
import { Celeriac } from 'celeriac';
import { compressFile, type FileReport } from './compress-file.js';
import { renderPixels, type Tile } from './fractal.js';

/** A result, and how long the thread was busy with it. */
export interface Timed<T> {
  readonly value: T;
  readonly runMs: number;
}

export const app = new Celeriac('quickstart', {
  brokerUrl: 'sqlite://./quickstart.db',
  resultBackend: 'sqlite://./quickstart.db',
});

export const compress = app.task('quickstart.compress', (path: string): Timed<FileReport> => {
  return timed(() => compressFile(path));
});

export const renderTile = app.task('quickstart.render-tile', (tile: Tile): Timed<Uint8Array> => {
  return timed(() => renderPixels(tile));
});

function timed<T>(run: () => T): Timed<T> {
  const startedMs = performance.now();
  const value = run();
  return { value, runMs: performance.now() - startedMs };
}
