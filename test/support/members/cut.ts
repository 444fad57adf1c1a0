/**
 * A member program that stops its own thread in the middle of what its loop does after a run: at the N-th access to the
 * shared memory, through the façade that all ring code goes through. Head of a job: `exit:N` ends the thread there,
 * `hang:N` stops it for ever and says so in the first word of the data, anything else is echoed.
 */
import type { MemberLink, MemberOutcome, MemberProgram } from '../../../core/ports/member-program.js';
import { SharedMemory } from '../../../pools/ring/memory.js';

/** Accesses left until the thread stops; 0 when it is not armed. */
let left = 0;
let stop: () => void = () => undefined;

function count(): void {
  if (left > 0 && --left === 0) stop();
}

function hang(marks: Int32Array): void {
  Atomics.store(marks, 0, 1);
  Atomics.wait(marks, 0, 1);
}

function exit(): void {
  process.exit(9);
}

const { prototype } = SharedMemory;
const plain = Object.getOwnPropertyDescriptors(prototype);

prototype.load = function (word) {
  count();
  return plain.load.value?.call(this, word) as number;
};
prototype.store = function (word, value) {
  count();
  plain.store.value?.call(this, word, value);
};
prototype.compareExchange = function (word, expected, value) {
  count();
  return plain.compareExchange.value?.call(this, word, expected, value) as number;
};
prototype.write = function (word, value) {
  count();
  plain.write.value?.call(this, word, value);
};

export default function createProgram({ data }: MemberLink): MemberProgram {
  return {
    manifest: null,
    run: (job): MemberOutcome => {
      const [act, accesses] = job.head.split(':');
      const outcome = { kind: 1, payload: Buffer.from(job.body) };
      if (act === 'exit' || act === 'hang') {
        stop =
          act === 'exit'
            ? exit
            : () => {
                hang(data as Int32Array);
              };
        left = Number(accesses);
      }
      return outcome;
    },
    close: () => Promise.resolve(),
  };
}
