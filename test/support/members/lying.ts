/**
 * A member program that writes into the pipe of its process what no child writes: at once, while it loads, where the data
 * says so for its epoch, else when a job asks for it. Runs inside a child process.
 */
import { writeSync } from 'node:fs';
import type { MemberLink, MemberOutcome, MemberProgram } from '../../../core/ports/member-program.js';
import { encodeFrame, FrameKind, OUTCOMES_FD } from '../../../pools/process/frame.js';

const garbage = Buffer.from('\u0000 no such thing {');

const lies: Readonly<Record<string, () => Buffer>> = {
  'no frame at all': () => Buffer.alloc(64, 7),
  'a kind that is none': () => encodeFrame(99 as FrameKind, {}),
  'a frame of the host': () => encodeFrame(FrameKind.TASK, { id: 1 }),
  'READY that cannot be read': () => encodeFrame(FrameKind.READY, {}, garbage),
  'LOAD_FAILED that cannot be read': () => encodeFrame(FrameKind.LOAD_FAILED, {}, garbage),
  'BROKEN that cannot be read': () => encodeFrame(FrameKind.BROKEN, {}, garbage),
  'UNCAUGHT that is null': () => encodeFrame(FrameKind.UNCAUGHT, {}, Buffer.from('null')),
  'a start of no job': () => encodeFrame(FrameKind.STARTED, { id: 4_711 }),
  'an outcome of no job': () => encodeFrame(FrameKind.OUTCOME, { id: 4_711 }, garbage),
  'a call of no job': () => encodeFrame(FrameKind.CALL, { id: 1, ref: 4_711, programKind: 7 }, Buffer.from('lie')),
};

export const LIES: readonly string[] = Object.keys(lies);

function tell(lie: string): void {
  const bytes = lies[lie]?.();
  if (bytes !== undefined) writeSync(OUTCOMES_FD, bytes);
}

export default function createProgram({ data, index, epoch }: MemberLink): MemberProgram {
  if (epoch === 1 && typeof data === 'string') tell(data);
  return {
    manifest: null,
    run: ({ head }): MemberOutcome | Promise<MemberOutcome> => {
      if (head === 'hold') return new Promise<MemberOutcome>(() => undefined);
      tell(head);
      return { kind: 1, payload: Buffer.from(`${String(index)}.${String(epoch)}`) };
    },
    close: () => Promise.resolve(),
  };
}
