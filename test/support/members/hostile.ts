/**
 * A member program that scribbles on its own shared memory, for tests of what the host makes of it. Head of a job:
 * `scribble:SEED` writes random words over the cursors and rings and then computes on; `echo` behaves.
 */
import { workerData } from 'node:worker_threads';
import { createSeededRandom } from '../../../core/kernel/random.js';
import type { MemberJob, MemberOutcome, MemberProgram } from '../../../core/ports/member-program.js';

const OUTCOME: MemberOutcome = { kind: 0, payload: new Uint8Array(1) };
const SCRIBBLES = 2_000;

function scribble(job: MemberJob, seed: number): MemberOutcome {
  const { memory } = workerData as { readonly memory: SharedArrayBuffer };
  const words = new Int32Array(memory);
  const random = createSeededRandom(seed);
  const near = [0, 1, -1, 8, 32, 64, 2 ** 31 - 1, -(2 ** 31)];
  for (let i = 0; i < SCRIBBLES; i++) {
    const at = Math.floor(random.float() * words.length);
    const value = random.float() < 0.5 ? near[Math.floor(random.float() * near.length)] : random.float() * 2 ** 32;
    words[at] = value ?? job.bodyStart;
  }
  return OUTCOME;
}

export default function createProgram(): MemberProgram {
  return {
    manifest: null,
    run: (job) => {
      const [act = '', seed = ''] = job.head.split(':');
      return act === 'scribble' ? scribble(job, Number(seed)) : OUTCOME;
    },
    close: () => Promise.resolve(),
  };
}
