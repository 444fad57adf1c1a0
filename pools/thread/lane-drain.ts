/**
 * Reads what a member has sent: its calls first, then its outcomes. The order matters: a run's calls were committed
 * before its outcome, so a look at the outcomes' cursor *before* the calls are read makes sure that every call is served
 * while its job is still known.
 */
import type { MemberInfo, PoolCall, PoolJob } from '../../core/ports/pool.js';
import { RecordFlag, RecordKind, RecordWord, kindOf, programKindOf } from '../ring/record.js';
import type { RingConsumer } from '../ring/ring-consumer.js';
import type { BulkReceiver } from './bulk.js';
import { LaneCall, type ReplySender } from './lane-call.js';
import type { InFlightEntry } from './in-flight.js';
import type { Lane } from './lane.js';

/** A member as far as draining is concerned. */
export interface DrainedMember extends MemberInfo, ReplySender {
  readonly lane: Lane;
  readonly limits: { forget(entry: InFlightEntry): void };
  /** What it prints. */
  readonly output: { catchUp(): void };
}

const NO_BYTES = new Uint8Array(0);

type ServeCall = (call: PoolCall) => void;

/** Answers the number of records, or null when the member sent what cannot be: it must go. */
export function drainLane(member: DrainedMember, onCall: ServeCall): number | null {
  const { lane } = member;
  const { outcomes, calls } = lane;
  if (lane.isPoisoned) return null;
  const hasOutcomes = outcomes.refresh();
  const hasCalls = calls.refresh();
  if (hasOutcomes || hasCalls) member.output.catchUp();
  lane.isCrowded = outcomes.isCrowded || lane.status.memberWantsRoom;
  let isSound = true;
  let seen = 0;
  if (hasCalls) {
    for (; isSound && calls.next(); seen++) isSound = serveCall(member, onCall);
  }
  if (hasOutcomes) {
    for (; isSound && outcomes.next(); seen++) {
      isSound = kindOf(outcomes.tag) === RecordKind.OUTCOME ? settle(member) : accept(member);
    }
  }
  calls.release();
  outcomes.release();
  if ((hasOutcomes || hasCalls) && lane.status.memberWantsRoom) lane.wake();
  lane.writeWaitingReplies();
  if (!isSound) lane.poison();
  return lane.isPoisoned ? null : seen;
}

function settle({ lane, limits }: DrainedMember): boolean {
  const { outcomes } = lane;
  const entry = lane.inFlight.find(outcomes.field(RecordWord.TICKET));
  if (entry?.job == null) return false;
  const { job, isAbandoned } = entry;
  const isBulk = (outcomes.tag & RecordFlag.BULK) !== 0;
  const bulk = isBulk ? lane.bulk.take(outcomes.field(RecordWord.BULK_ID)) : null;
  if (isBulk && bulk === null) return false;
  limits.forget(entry);
  if (entry.abortSlot !== null) lane.status.clearAbort(entry.abortSlot, entry.ticket);
  lane.inFlight.remove(entry);
  if (isAbandoned) {
    if (isBulk) lane.bulk.dropParcel();
    else job.onLateEnd?.(programKindOf(outcomes.tag), payloadOf(outcomes));
    return true;
  }
  lane.endedCount++;
  if (isBulk && lane.bulk.parcel !== null) deliverParcel(job, programKindOf(outcomes.tag), lane.bulk);
  else deliver(job, programKindOf(outcomes.tag), bulk, outcomes);
  return true;
}

function deliverParcel(job: PoolJob, kind: number, bulk: BulkReceiver): void {
  const { parcel } = bulk;
  if (parcel === null || job.onOutcomeParcel === undefined) {
    bulk.dropParcel();
    job.onOutcome(kind, NO_BYTES);
    return;
  }
  bulk.parcel = null;
  job.onOutcomeParcel(kind, parcel);
}

function payloadOf({ memory, payloadByte, payloadBytes }: RingConsumer): Buffer {
  return memory.bytes.subarray(payloadByte, payloadByte + payloadBytes);
}

function deliver(job: PoolJob, kind: number, bulk: Buffer | null, outcomes: RingConsumer): void {
  const bytes = bulk ?? outcomes.memory.bytes;
  const start = bulk === null ? outcomes.payloadByte : 0;
  const end = bulk === null ? start + outcomes.payloadBytes : bulk.length;
  if (job.onOutcomeRange === undefined) job.onOutcome(kind, bytes.subarray(start, end));
  else job.onOutcomeRange(kind, bytes, start, end);
}

function accept(member: DrainedMember): boolean {
  const { inFlight, outcomes } = member.lane;
  if (kindOf(outcomes.tag) !== RecordKind.ACCEPTED) return false;
  const entry = inFlight.find(outcomes.field(RecordWord.TICKET));
  if (entry === null) return false;
  if (!entry.isAbandoned) entry.job?.onAccepted(member);
  return true;
}

function serveCall(member: DrainedMember, onCall: ServeCall): boolean {
  const { lane } = member;
  const { calls } = lane;
  if (kindOf(calls.tag) !== RecordKind.CALL) return false;
  const isBulk = (calls.tag & RecordFlag.BULK) !== 0;
  const payload = isBulk
    ? lane.bulk.take(calls.field(RecordWord.BULK_ID))
    : Uint8Array.prototype.slice.call(lane.bytes, calls.payloadByte, calls.payloadByte + calls.payloadBytes);
  if (payload === null) return false;
  const entry = lane.inFlight.find(calls.field(RecordWord.TICKET));
  const lends = (calls.tag & RecordFlag.LENDS) !== 0 && entry !== null && !entry.isAbandoned;
  const kind = programKindOf(calls.tag);
  const callId = calls.field(RecordWord.HEAD_BYTES);
  const onAnswered = lends ? lendSlot(lane, entry) : null;
  onCall(new LaneCall(member, { kind, payload, job: entry?.job ?? null, member, callId, onAnswered }));
  return true;
}

/** The run takes no slot until what is answered was called. */
function lendSlot(lane: Lane, entry: InFlightEntry): () => void {
  const { ticket } = entry;
  lane.lend(entry);
  return () => {
    lane.inFlight.takeBack(entry, ticket);
  };
}
