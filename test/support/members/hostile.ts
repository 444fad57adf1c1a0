/**
 * A member program that scribbles on its own shared memory, for tests of what the host makes of it. Head of a job:
 * `scribble:SEED` writes random words over the cursors and rings and then works on, `mute` keeps its bell from
 * ringing, `deafen` keeps all bells of both sides from ringing from then on, anything else behaves.
 */
import { workerData } from 'node:worker_threads';
import { createSeededRandom } from '../../../core/kernel/random.js';
import { ParkedWord } from '../../../pools/ring/doorbell.js';
import { SharedMemory } from '../../../pools/ring/memory.js';
import { StatusBlock } from '../../../pools/ring/status-block.js';
import { laneLayout } from '../../../pools/thread/lane-layout.js';
import type { MemberBoot } from '../../../pools/thread/messages.js';
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

/** Makes both sides look awake all the time, so that nobody rings for anybody: only the host's timed look is left. */
function deafen(): MemberOutcome {
  setInterval(lookAwake, 1).unref();
  return mute();
}

/** Makes the host look awake, so that the outcome of this run rings no bell. */
function mute(): MemberOutcome {
  lookAwake();
  return OUTCOME;
}

function lookAwake(): void {
  const { memory, sizes } = workerData as MemberBoot;
  const shared = new SharedMemory(memory);
  const status = new StatusBlock(shared, laneLayout(sizes).statusByte);
  new ParkedWord(shared, status.hostParkedWord).unpark();
  new ParkedWord(shared, status.memberParkedWord).unpark();
}

export default function createProgram(): MemberProgram {
  return {
    manifest: null,
    run: (job) => {
      const [act = '', seed = ''] = job.head.split(':');
      if (act === 'mute') return mute();
      if (act === 'deafen') return deafen();
      return act === 'scribble' ? scribble(job, Number(seed)) : OUTCOME;
    },
    close: () => Promise.resolve(),
  };
}
