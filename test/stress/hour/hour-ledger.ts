/**
 * What must be true of every job of the hour, kept by the host: each has exactly one end, of a kind that its act and the
 * nemesis allow, within its time, with the right bytes; calls come in order and once; jobs of one key run one after
 * another; caps hold. It finds violations and prints none.
 */
import { crc32 } from 'node:zlib';
import type { MemberInfo, PoolCall, RetireCause } from '../../../core/ports/pool.js';
import { HOUR_CALL, HourKind } from '../../support/members/hour.js';
import { HourJob, type HourBook, type HourEnd } from './hour-job.js';

/** Of these a member's other runs may be lost with it. */
const DEADLY: ReadonlySet<RetireCause> = new Set<RetireCause>([
  'time-limit',
  'terminated',
  'lost',
  'poisoned',
  'interrupted',
  'abandoned-run',
]);
/** Acts that end their member. */
const LETHAL: ReadonlySet<string> = new Set(['exit', 'exit-later', 'throw-outside']);
const MOST_VIOLATIONS = 50;

export class HourLedger implements HourBook {
  readonly violations: string[] = [];
  readonly open = new Set<HourJob>();
  /** act → end → number */
  readonly counts = new Map<string, Map<HourEnd, number>>();
  readonly retired = new Map<string, number>();
  calls = 0;
  bytes = 0;
  #lost = 0;
  #deaths = 0;
  /** key → its jobs that have not ended, in the order of submission. */
  readonly #lines = new Map<string, HourJob[]>();
  readonly #running = new Map<string, number>();
  readonly #name: string;
  readonly #asyncPerMember: number;
  readonly #deadlineMs: number;

  constructor(name: string, asyncPerMember: number, deadlineMs: number) {
    this.#name = name;
    this.#asyncPerMember = asyncPerMember;
    this.#deadlineMs = deadlineMs;
  }

  submitted(job: HourJob): void {
    job.submittedMs = performance.now();
    this.open.add(job);
    this.bytes += job.body.length;
    if (job.orderingKey !== null) this.#line(job.orderingKey).push(job);
  }

  accepted(job: HourJob, member: MemberInfo): void {
    if (job.acceptedCount > 1) this.#violate(job, `was started twice, now by member ${String(member.index)}`);
    if (job.hasEnded) this.#violate(job, 'was accepted after its end');
    if (job.orderingKey !== null && this.#line(job.orderingKey)[0] !== job) {
      this.#violate(job, `started before an older job of its key ${job.orderingKey} had ended`);
    }
    if (job.cap === null) return;
    const running = (this.#running.get(job.cap.name) ?? 0) + 1;
    this.#running.set(job.cap.name, running);
    if (running > job.cap.limit) this.#violate(job, `runs beside ${String(running - 1)} others of its cap`);
  }

  ended(job: HourJob, end: HourEnd, result: { readonly kind: number; readonly payload: Uint8Array } | null): void {
    if (job.ends.length > 1) this.#violate(job, `ended again: ${job.ends.join(', ')}`);
    this.open.delete(job);
    this.#count(job.act.name, end);
    this.#leaveLine(job);
    if (job.cap !== null && job.acceptedCount > 0) {
      this.#running.set(job.cap.name, (this.#running.get(job.cap.name) ?? 0) - 1);
    }
    if (result !== null) this.#checkResult(job, result.kind, result.payload);
    this.#checkEnd(job, end);
  }

  /** Serves a call of the program. */
  serve(call: PoolCall, replyBytes: number): void {
    this.calls++;
    const payload = Buffer.from(call.payload);
    const seq = payload.readUInt32LE(0);
    const index = payload.readUInt32LE(4);
    const { job } = call;
    if (call.kind !== HOUR_CALL) this.violate(`a call of kind ${String(call.kind)}`);
    if (job instanceof HourJob) {
      if (job.seq !== seq) this.#violate(job, `a call of job ${String(seq)} came as one of its own`);
      if (job.calls !== index) this.#violate(job, `call ${String(index)} came as number ${String(job.calls)}`);
      job.calls++;
    } else this.violate(`a call of job ${String(seq)} came without its job`);
    const reply = Buffer.alloc(8 + replyBytes);
    reply.writeUInt32LE(seq, 0);
    reply.writeUInt32LE(index + 1, 4);
    call.reply(reply);
  }

  memberRetired(cause: RetireCause): void {
    this.retired.set(cause, (this.retired.get(cause) ?? 0) + 1);
    if (DEADLY.has(cause)) this.#deaths++;
  }

  /** Finds jobs whose time is over. */
  checkTimes(): void {
    const nowMs = performance.now();
    for (const job of this.open) {
      if (nowMs - job.submittedMs < this.#deadlineMs) continue;
      this.#violate(
        job,
        `hangs: ${String(Math.round(nowMs - job.submittedMs))} ms, accepted ${String(job.acceptedCount)}`,
      );
      this.open.delete(job);
    }
  }

  /** Once everything has ended. */
  checkSums(): void {
    // Jobs that had been claimed by a member that died, theirs or a neighbour's; more must not be lost.
    const most = this.#deaths * this.#asyncPerMember;
    if (this.#lost > most)
      this.violate(`${String(this.#lost)} jobs lost, of members that held ${String(most)} at most`);
  }

  violate(text: string): void {
    if (this.violations.length < MOST_VIOLATIONS) this.violations.push(`${this.#name}: ${text}`);
  }

  #violate(job: HourJob, text: string): void {
    this.violate(`job ${String(job.seq)} (${job.act.name}, ${String(job.body.length)} B) ${text}`);
  }

  #checkResult(job: HourJob, kind: number, payload: Uint8Array): void {
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
    const expected = job.body.subarray(0, job.replyBytes);
    if (bytes.length !== 4 + expected.length) this.#violate(job, `got ${String(bytes.length)} bytes back`);
    else if (bytes.readUInt32LE(0) !== job.seq)
      this.#violate(job, `got the outcome of ${String(bytes.readUInt32LE(0))}`);
    else if (crc32(bytes.subarray(4)) !== crc32(expected)) this.#violate(job, 'got other bytes than its own');
    if (kind === HourKind.WRONG_BODY) this.#violate(job, 'came with another body');
    if (kind === HourKind.WRONG_REPLY) this.#violate(job, 'got the reply to another call');
    if (job.act.name === 'call' && job.calls !== job.act.argument) {
      this.#violate(job, `ended after ${String(job.calls)} served calls`);
    }
  }

  #checkEnd(job: HourJob, end: HourEnd): void {
    const isLethal = LETHAL.has(job.act.name);
    if (end === 'lost' && !isLethal) this.#lost++;
    if (end === 'outcome' && (isLethal || job.act.name === 'loop')) this.#violate(job, 'cannot have an outcome');
    if (end === 'time-limit' && job.timeLimitMs === null) this.#violate(job, 'has no time limit');
    if (end === 'terminated' && !job.isTerminated) this.#violate(job, 'was terminated, and nobody asked');
  }

  #leaveLine(job: HourJob): void {
    if (job.orderingKey === null) return;
    const line = this.#line(job.orderingKey);
    const at = line.indexOf(job);
    if (at > 0 && job.acceptedCount > 0) this.#violate(job, `ended before an older job of its key ${job.orderingKey}`);
    if (at !== -1) line.splice(at, 1);
  }

  #line(key: string): HourJob[] {
    let line = this.#lines.get(key);
    if (line === undefined) this.#lines.set(key, (line = []));
    return line;
  }

  #count(act: string, end: HourEnd): void {
    const ends = this.counts.get(act) ?? new Map<HourEnd, number>();
    this.counts.set(act, ends);
    ends.set(end, (ends.get(end) ?? 0) + 1);
  }
}
