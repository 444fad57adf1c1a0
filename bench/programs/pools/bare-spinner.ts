/** A thread without a pool: told how often to spin how long, it answers when it is done. */
import { parentPort } from 'node:worker_threads';
import { spin } from './spin.js';

export interface SpinOrder {
  readonly iterations: number;
  readonly tasks: number;
}

function serve(): void {
  parentPort?.on('message', ({ iterations, tasks }: SpinOrder) => {
    let last = 0;
    for (let i = 0; i < tasks; i++) last = spin(iterations);
    parentPort?.postMessage(last);
  });
}

serve();
