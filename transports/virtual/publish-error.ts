/** The refusals of virtual brokers, in words and with their codes; thrown by adapters on the host thread. */
import { TransportError } from '../../core/kernel/errors.js';
import { PublishRefusal } from '../../core/ports/publish-refusal.js';

/** @param isKnown whether the exchange exists. */
export function unroutable(exchange: string, routingKey: string, isKnown: boolean): TransportError {
  const reason = isKnown ? `no queue is bound to it under "${routingKey}"` : 'there is no such exchange';
  return new TransportError(`a message to exchange "${exchange}" cannot be routed: ${reason}`, {
    code: PublishRefusal.UNROUTABLE,
  });
}

export function queueFull(queue: string, maxLength: number): TransportError {
  return new TransportError(`queue "${queue}" is full: it holds its maximum of ${String(maxLength)} messages`, {
    code: PublishRefusal.QUEUE_FULL,
  });
}
