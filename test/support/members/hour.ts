/**
 * Member program of the hour of stress (test/stress/pool-hour.ts). Every job describes itself: its head names its number,
 * what to do and the checksum of its body, and every outcome carries the number and a part of the body back.
 *
 *     head  SEQ|ACT|ARGUMENT|CRC OF THE BODY|BYTES TO GIVE BACK
 */
import { crc32 } from 'node:zlib';
import type { MemberJob, MemberLink, MemberOutcome, MemberProgram } from '../../../core/ports/member-program.js';

export const HourKind = { RIGHT: 1, WRONG_BODY: 2, WRONG_REPLY: 3, INTERRUPTED: 4 } as const;
/** Kind of the calls that a run makes. */
export const HOUR_CALL = 9;

interface Task {
  readonly job: MemberJob;
  readonly link: MemberLink;
  readonly seq: number;
  readonly argument: number;
  readonly answer: (kind?: number) => MemberOutcome;
}

type Act = (task: Task) => MemberOutcome | Promise<MemberOutcome>;

const never = new Promise<never>(() => undefined);
/** Kept on purpose, so that the member outgrows its memory limit. */
const hoard: Uint8Array[] = [];

function spin(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

/** Owner of what `guarded` interrupts. */
function stubborn(): never {
  for (;;);
}

async function call({ job, link, seq, argument, answer }: Task): Promise<MemberOutcome> {
  for (let i = 0; i < argument; i++) {
    const payload = Buffer.alloc(8);
    payload.writeUInt32LE(seq, 0);
    payload.writeUInt32LE(i, 4);
    const reply = Buffer.from(await link.call(HOUR_CALL, payload, job));
    if (reply.readUInt32LE(0) !== seq || reply.readUInt32LE(4) !== i + 1) return answer(HourKind.WRONG_REPLY);
  }
  return answer();
}

const acts: Readonly<Record<string, Act>> = {
  echo: ({ answer }) => answer(),
  spin: ({ argument, answer }) => {
    spin(argument);
    return answer();
  },
  wait: async ({ argument, answer }) => {
    await new Promise((resolve) => setTimeout(resolve, argument));
    return answer();
  },
  call,
  hoard: ({ argument, answer }) => {
    hoard.push(new Uint8Array(argument * 1024).fill(1));
    return answer();
  },
  exit: ({ argument }) => process.exit(argument),
  'exit-later': ({ argument }) => {
    setTimeout(() => process.exit(argument), 1);
    return never;
  },
  'throw-outside': () => {
    setImmediate(() => {
      throw new RangeError('thrown outside of the task');
    });
    return never;
  },
  loop: () => {
    for (;;);
  },
  hang: () => never,
  listen: async ({ job, answer }) => {
    await new Promise<void>((resolve) => {
      if (job.signal.aborted) resolve();
      job.signal.addEventListener('abort', () => {
        resolve();
      });
    });
    return answer();
  },
  poll: ({ job, answer }) => {
    while (!job.signal.aborted);
    return answer();
  },
  stubborn: ({ job, answer }) => {
    if (job.guarded === undefined || job.isGuarded !== true) return answer(HourKind.INTERRUPTED);
    try {
      return job.guarded(stubborn, stubborn);
    } catch {
      return answer(HourKind.INTERRUPTED);
    }
  },
};

export default function createProgram(link: MemberLink): MemberProgram {
  return {
    manifest: null,
    run: (job) => {
      const [seq = '', act = '', argument = '', crc = '', replyBytes = ''] = job.head.split('|');
      const { body } = job;
      const isRight = crc32(body) === Number(crc);
      const payload = Buffer.alloc(4 + Number(replyBytes));
      payload.writeUInt32LE(Number(seq), 0);
      payload.set(body.subarray(0, Number(replyBytes)), 4);
      const answer = (kind: number = HourKind.RIGHT): MemberOutcome => ({
        kind: isRight ? kind : HourKind.WRONG_BODY,
        payload,
      });
      const run = acts[act];
      if (run === undefined) throw new Error(`no act "${act}"`);
      return run({ job, link, seq: Number(seq), argument: Number(argument), answer });
    },
    close: () => Promise.resolve(),
  };
}
