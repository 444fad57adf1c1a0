/** A worker inside a program that tsx runs: one app, no signal handler, an end by itself. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { projectRoot } from '../support/project.js';

const run = promisify(execFile);

const TASKS = `
import { Celeriac } from 'celeriac';
export const app = new Celeriac('embedded', { brokerUrl: 'sqlite://./queue.db', resultBackend: 'sqlite://./queue.db' });
export const add = app.task('embedded.add', (a: number, b: number) => a + b);
export const stall = app.task('embedded.stall', { bind: true }, async (ctx) => {
  if (ctx.request.deliveryInfo?.deliveryCount === 0) console.log('stalling');
  await new Promise(() => setInterval(() => undefined, 1_000));
});
`;

const MAIN = `
import { Worker } from 'celeriac/worker';
import { app, add, stall } from './tasks.js';

let onStall = () => undefined as void;
const stalling = new Promise<void>((resolve) => (onStall = resolve));
const note = (_fields: object, message: string): void => {
  if (message === 'stalling') onStall();
};
const logger = { debug: note, info: note, warn: note, error: note, isLevelEnabled: () => true };
const worker = await Worker.start({ module: new URL('./tasks.ts', import.meta.url), concurrency: 1, logger });
console.log(worker.app === app, worker.state, process.listenerCount('SIGTERM'));
console.log(await (await add.delay(2, 3)).get({ timeoutMs: 20_000 }));
const stalled = await stall.delay();
await stalling;
await worker.close({ timeoutMs: 50 });
console.log(worker.state, await stalled.state());
const transport = await app.connections.transport();
console.log(await transport.count('celery'));
`;

describe('an embedded worker', { timeout: 120_000 }, () => {
  let folder = '';

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'celeriac-embedded-'));
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(projectRoot, join(folder, 'node_modules', 'celeriac'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'tasks.ts'), TASKS);
    writeFileSync(join(folder, 'main.ts'), MAIN);
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('keeps the app that the program has loaded, requeues at close what does not end, and lets the program end', async () => {
    const tsx = join(projectRoot, 'node_modules', 'tsx', 'dist', 'cli.mjs');
    const { stdout } = await run(process.execPath, [tsx, 'main.ts'], { cwd: folder, timeout: 60_000 });
    assert.deepEqual(stdout.trim().split('\n'), ['true ready 0', '5', 'closed PENDING', '1']);
  });
});
