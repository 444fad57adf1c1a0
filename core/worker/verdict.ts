/** What is to happen with a delivery, decided once, carried out by the settler in this order: successors → result → settlement. */
import type { HeaderBlock } from '../kernel/header-block.js';
import type { StoredResult } from '../ports/backend.js';
import type { OutgoingMessage } from '../ports/transport.js';

export interface DeadLetter {
  readonly kind: 'dead-letter';
  readonly queue: string;
  readonly headers: HeaderBlock;
}

export type Disposal =
  | { readonly kind: 'ack' }
  /** Deliver again; `counts` when a member had it. */
  | { readonly kind: 'requeue'; readonly counts: boolean; readonly delayMs: number }
  | DeadLetter
  /** It was acknowledged when a member started it. */
  | { readonly kind: 'none' };

export interface Verdict {
  /** Messages to be confirmed first. */
  readonly successors: readonly OutgoingMessage[];
  /** Result to be stored next; null stores nothing. */
  readonly result: StoredResult | null;
  readonly disposal: Disposal;
  /** What happens instead when the broker refuses the successors for good (RETRY-07); null where there are none. */
  readonly fallback: ((error: Error) => Verdict) | null;
}

export const NO_SUCCESSORS: readonly OutgoingMessage[] = [];

export const ACK: Disposal = { kind: 'ack' };
export const ALREADY_ACKED: Disposal = { kind: 'none' };
/** Ready again as if it had never been delivered. */
export const HAND_BACK: Disposal = { kind: 'requeue', counts: false, delayMs: 0 };
export const DELIVER_AGAIN: Disposal = { kind: 'requeue', counts: true, delayMs: 0 };

export function verdict(disposal: Disposal, result: StoredResult | null = null): Verdict {
  return { successors: NO_SUCCESSORS, result, disposal, fallback: null };
}
