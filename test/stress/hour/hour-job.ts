/** One job of the hour and what the ledger knows of it. It tells the ledger everything that happens to it. */
import { crc32 } from 'node:zlib';
import type { ConcurrencyCap, MemberInfo, PoolJob } from '../../../core/ports/pool.js';

export type HourEnd = 'outcome' | 'lost' | 'time-limit' | 'terminated' | 'recalled';

export interface HourAct {
  readonly name: string;
  readonly argument: number;
  readonly timeLimitMs?: number;
  readonly softTimeLimitMs?: number;
}

export interface HourBook {
  accepted(job: HourJob, member: MemberInfo): void;
  ended(job: HourJob, end: HourEnd, result: { readonly kind: number; readonly payload: Uint8Array } | null): void;
}

export class HourJob implements PoolJob {
  readonly seq: number;
  readonly act: HourAct;
  readonly head: string;
  readonly body: Uint8Array;
  readonly replyBytes: number;
  readonly timeLimitMs: number | null;
  readonly softTimeLimitMs: number | null;
  readonly wantsAccepted = true;
  readonly orderingKey: string | null;
  readonly cap: ConcurrencyCap | null;
  submittedMs = 0;
  acceptedCount = 0;
  ends: HourEnd[] = [];
  /** Calls that the host has served for it. */
  calls = 0;
  /** The nemesis has asked for its end. */
  isTerminated = false;
  readonly #book: HourBook;

  constructor(
    book: HourBook,
    fields: {
      readonly seq: number;
      readonly act: HourAct;
      readonly body: Uint8Array;
      readonly replyBytes: number;
      readonly orderingKey: string | null;
      readonly cap: ConcurrencyCap | null;
    },
  ) {
    const { seq, act, body, replyBytes } = fields;
    this.#book = book;
    this.seq = seq;
    this.act = act;
    this.body = body;
    this.replyBytes = replyBytes;
    this.orderingKey = fields.orderingKey;
    this.cap = fields.cap;
    this.head = [seq, act.name, act.argument, crc32(body), replyBytes].join('|');
    this.timeLimitMs = act.timeLimitMs ?? null;
    this.softTimeLimitMs = act.softTimeLimitMs ?? null;
  }

  get hasEnded(): boolean {
    return this.ends.length > 0;
  }

  onAccepted(member: MemberInfo): void {
    this.acceptedCount++;
    this.#book.accepted(this, member);
  }

  onOutcome(kind: number, payload: Uint8Array): void {
    this.#end('outcome', { kind, payload });
  }

  onLost(): void {
    this.#end('lost');
  }

  onTimeLimit(): void {
    this.#end('time-limit');
  }

  onTerminated(): void {
    this.#end('terminated');
  }

  /** The pool has given it back: it will never start. */
  recalled(): void {
    this.#end('recalled');
  }

  #end(end: HourEnd, result: { readonly kind: number; readonly payload: Uint8Array } | null = null): void {
    this.ends.push(end);
    this.#book.ended(this, end, result);
  }
}
