/** Failures of the I/O thread in the words of the transport port: the one place that maps them. */
import { ConfigError, ConnectionLostError, TransportError } from '../../core/kernel/errors.js';
import { PublishRefusal } from '../../core/ports/publish-refusal.js';
import type { IoFailure } from '../../clients/sqlite/io-protocol.js';

export function toTransportError(failure: IoFailure): Error {
  if (failure.kind === 'config') return new ConfigError(failure.message);
  if (failure.kind === 'closed') return new ConnectionLostError(failure.message);
  if (failure.kind === 'full') return new TransportError(failure.message, { code: PublishRefusal.QUEUE_FULL });
  return new TransportError(failure.message);
}
