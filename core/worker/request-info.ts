/** What the worker tells of a request (CTL-20): to `inspect`, and to receivers of its signals. Host thread. */
import type { Request } from './request.js';

export interface RequestInfo {
  readonly id: string;
  readonly name: string;
  /** Text of the arguments as the message has it: the host reads no bodies. */
  readonly args: string | null;
  readonly kwargs: string | null;
  readonly type: string;
  readonly hostname: string;
  /** Seconds since 1970; null when it has not started, or nobody asked for the start. */
  readonly timeStart: number | null;
  readonly acknowledged: boolean;
  readonly deliveryInfo: {
    readonly exchange: string;
    readonly routingKey: string;
    readonly priority: number | null;
    readonly redelivered: boolean;
  };
  readonly workerPid: number;
  readonly threadId: number | null;
}

/** A request that is held until its time. */
export interface ScheduledInfo {
  /** ISO 8601. */
  readonly eta: string;
  readonly priority: number;
  readonly request: RequestInfo;
}

export function describeRequest(request: Request, hostname: string): RequestInfo {
  const { message, delivery, member } = request;
  const { exchange, routingKey, redelivered } = delivery;
  return {
    id: message.id,
    name: message.task,
    args: message.argsrepr,
    kwargs: message.kwargsrepr,
    type: message.task,
    hostname,
    timeStart: request.startedEpochMs === null ? null : request.startedEpochMs / 1_000,
    acknowledged: request.isAcked,
    deliveryInfo: { exchange, routingKey, priority: message.priority, redelivered },
    workerPid: process.pid,
    threadId: member?.threadId ?? null,
  };
}
