/**
 * The end of a task that its member could not tell of, handed to another member: its job's head has a line before it that
 * names the error, and the program then runs what follows a body instead of the body (design §1.4; ACK-03, WORK-42).
 *
 *     ! {"limitSeconds":30} or {"lost":"the member exited with code 7"} LF  the head of the task's own job
 *
 * Written by `core/worker/epilogues.ts` on the host, read by `trace.ts`. A usual head begins with a quote or with `null`.
 */
import { TimeLimitExceeded, WorkerLostError } from '../kernel/errors.js';

/** What ends a task from outside. */
export type HostError = TimeLimitExceeded | WorkerLostError;

interface ErrorLine {
  readonly limitSeconds?: number;
  readonly lost?: string;
}

const MARK = '!';
const MARK_CODE = MARK.charCodeAt(0);

export function encodeEpilogue(error: HostError, head: string): string {
  const line: ErrorLine =
    error instanceof TimeLimitExceeded ? { limitSeconds: error.limitSeconds } : { lost: error.message };
  return `${MARK}${JSON.stringify(line)}\n${head}`;
}

export function isEpilogue(head: string): boolean {
  return head.charCodeAt(0) === MARK_CODE;
}

/** @param head one for which `isEpilogue` holds. */
export function decodeEpilogue(head: string): { readonly error: HostError; readonly head: string } {
  const end = head.indexOf('\n');
  const { limitSeconds, lost } = JSON.parse(head.slice(MARK.length, end)) as ErrorLine;
  const error = limitSeconds === undefined ? new WorkerLostError(lost ?? '') : new TimeLimitExceeded(limitSeconds);
  return { error, head: head.slice(end + 1) };
}
