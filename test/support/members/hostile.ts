/**
 * A member program that scribbles on its own shared memory, for tests of what the host makes of it. Head of a job:
 * `scribble:SEED` writes random words over the cursors and rings and then works on, `word:CLASS:VALUE` writes a value over
 * all words of one class (`HOSTILE_WORDS`) and works on, `later:CLASS:VALUE` does so when its outcome is out, `mute` keeps its bell from
 * ringing, `deafen` keeps all bells of both sides from ringing from then on, anything else behaves.
 */
import { workerData } from 'node:worker_threads';
import { createSeededRandom } from '../../../core/kernel/random.js';
import { ParkedWord } from '../../../pools/ring/doorbell.js';
import { SharedMemory } from '../../../pools/ring/memory.js';
import { LINE_WORDS } from '../../../pools/ring/layout.js';
import { STATUS_BYTES, StatusBlock } from '../../../pools/ring/status-block.js';
import { laneLayout, type LaneLayout } from '../../../pools/thread/lane-layout.js';
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

/** Classes of words that a member could scribble on: first word and count. */
const wordsOf: Readonly<Record<string, (layout: LaneLayout) => readonly [start: number, count: number]>> = {
  'tasks: head': ({ tasks }) => [tasks.headWord, 1],
  'tasks: tail': ({ tasks }) => [tasks.tailWord, 1],
  'tasks: records': ({ tasks }) => [tasks.dataByte / 4, tasks.capacityBytes / 4],
  'replies: head': ({ replies }) => [replies.headWord, 1],
  'replies: tail': ({ replies }) => [replies.tailWord, 1],
  'outcomes: head': ({ outcomes }) => [outcomes.headWord, 1],
  'outcomes: tail': ({ outcomes }) => [outcomes.tailWord, 1],
  'outcomes: records': ({ outcomes }) => [outcomes.dataByte / 4, outcomes.capacityBytes / 4],
  'calls: head': ({ calls }) => [calls.headWord, 1],
  'calls: tail': ({ calls }) => [calls.tailWord, 1],
  'calls: records': ({ calls }) => [calls.dataByte / 4, calls.capacityBytes / 4],
  'parked words': ({ statusByte }) => [statusByte / 4, 2 * LINE_WORDS],
  'words of the host': ({ statusByte }) => [statusByte / 4 + 2 * LINE_WORDS, LINE_WORDS],
  'words of the member': ({ statusByte }) => [statusByte / 4 + 3 * LINE_WORDS, 2 * LINE_WORDS],
  'runs and aborts': ({ statusByte }) => [statusByte / 4 + 5 * LINE_WORDS, STATUS_BYTES / 4 - 5 * LINE_WORDS],
};

export const HOSTILE_WORDS: readonly string[] = Object.keys(wordsOf);

function overwrite(name: string, value: number): MemberOutcome {
  const { memory, sizes } = workerData as MemberBoot;
  const [start, count] = wordsOf[name]?.(laneLayout(sizes)) ?? [0, 0];
  new Int32Array(memory).fill(value, start, start + count);
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

const held = new Promise<MemberOutcome>(() => undefined);

export default function createProgram(): MemberProgram {
  return {
    manifest: null,
    run: (job) => {
      const [act = '', seed = ''] = job.head.split(':');
      const [, name = '', value = ''] = job.head.split(/:(?! )/);
      if (act === 'hold') return held;
      if (act === 'word') return overwrite(name, Number(value));
      if (act === 'later') {
        setImmediate(() => overwrite(name, Number(value)));
        return OUTCOME;
      }
      if (act === 'mute') return mute();
      if (act === 'deafen') return deafen();
      return act === 'scribble' ? scribble(job, Number(seed)) : OUTCOME;
    },
    close: () => Promise.resolve(),
  };
}
