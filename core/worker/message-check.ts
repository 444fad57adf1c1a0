/**
 * Bounds of a message that the host can see without reading its body (reliability.md §5.6, M10, M11, M14): size, headers,
 * retries, how far its ETA is. What is out of bounds goes to the dead letters with its reason. Pure; host thread.
 */
import { ProtocolError } from '../kernel/errors.js';
import type { Delivery } from '../ports/transport.js';
import type { TaskMessage } from '../protocol/task-message.js';
import type { Settings } from '../settings/table.js';
import type { DeathReason } from './dead-letter.js';
import type { TaskPlan } from './task-plan.js';

export interface Objection {
  readonly reason: DeathReason;
  readonly error: Error;
}

/** Before the headers are read. */
export function objectToSize(delivery: Delivery, settings: Settings): Objection | null {
  if (delivery.body.length > settings.messageMaxBytes) {
    return object('too-large', `the body has ${String(delivery.body.length)} bytes, above messageMaxBytes`);
  }
  // The text is made in any case: the member is given it.
  if (delivery.headers.json.length > settings.messageMaxHeaderBytes) {
    return object('too-large-headers', 'the headers are longer than messageMaxHeaderBytes');
  }
  return null;
}

/** When the message is known. */
export function objectToRetries({ retries }: TaskMessage, plan: TaskPlan, settings: Settings): Objection | null {
  if (retries <= settings.messageMaxRetries || allowsMore(plan, settings.messageMaxRetries)) return null;
  return object('too-many-retries', `the message claims ${String(retries)} retries, above messageMaxRetries`);
}

/** @param delayMs until the ETA of a message. */
export function objectToDelay(delayMs: number, settings: Settings): Objection | null {
  return delayMs > settings.taskMaxEtaMs
    ? object('eta-too-far', 'the ETA is further in the future than taskMaxEtaMs')
    : null;
}

function allowsMore({ maxRetries }: TaskPlan, limit: number): boolean {
  return maxRetries === null || maxRetries > limit;
}

function object(reason: DeathReason, text: string): Objection {
  return { reason, error: new ProtocolError(text, isProtocolReason(reason) ? { reason } : {}) };
}

function isProtocolReason(reason: DeathReason): reason is 'too-large' | 'too-large-headers' {
  return reason === 'too-large' || reason === 'too-large-headers';
}
