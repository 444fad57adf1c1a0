/**
 * Why a broker refuses a message for good. Transports throw these codes, whoever publishes reads them: nothing is gained
 * by trying again, and only the caller of that message needs to hear of it.
 */

/** Codes of the `TransportError`. */
export const PublishRefusal = {
  /** No queue is bound to the exchange under this routing key, or there is no such exchange. */
  UNROUTABLE: 'CLR_UNROUTABLE',
  /** The queue has reached its `maxLength`. */
  QUEUE_FULL: 'CLR_QUEUE_FULL',
} as const;
export type PublishRefusal = (typeof PublishRefusal)[keyof typeof PublishRefusal];

/** Whether an error is a refusal for good. */
export function isPublishRefusal(error: unknown): boolean {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return code === PublishRefusal.UNROUTABLE || code === PublishRefusal.QUEUE_FULL;
}
