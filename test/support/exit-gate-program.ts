/** Exits while a thread is inside the gate, and says whether it was still inside when the wait was over. */
import { writeSync } from 'node:fs';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { ExitGate } from '../../clients/sqlite/exit-gate.js';

if (isMainThread) {
  const gate = new ExitGate();
  const left = new Int32Array(new SharedArrayBuffer(4));
  const thread = new Worker(new URL(import.meta.url), { workerData: { gate: gate.shared, left } });
  process.on('exit', () => {
    gate.shut(10_000);
    writeSync(1, `outside at exit: ${String(Atomics.load(left, 0) === 1)}\n`);
  });
  thread.once('message', () => {
    process.exit(0);
  });
} else {
  const { gate, left } = workerData as { readonly gate: SharedArrayBuffer; readonly left: Int32Array };
  new ExitGate(gate).pass(() => {
    parentPort?.postMessage('inside');
    const until = performance.now() + 300;
    while (performance.now() < until);
    Atomics.store(left, 0, 1);
  });
}
