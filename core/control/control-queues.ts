/**
 * Exchanges and queues of remote control (WIRE-40, WIRE-42): requests fan out to one queue a node, replies come by the
 * client's own id. Client and host; no I/O.
 */
import type { ExchangeDeclaration, QueueDeclaration } from '../ports/transport.js';

/** The settings that name and bound them. */
export interface ControlQueueSettings {
  readonly controlExchange: string;
  /** Seconds. */
  readonly controlQueueTtl: number;
  readonly controlQueueExpires: number;
  readonly controlQueueExclusive: boolean;
  readonly controlQueueDurable: boolean;
}

export function requestExchange({ controlExchange }: ControlQueueSettings): ExchangeDeclaration {
  return { name: `${controlExchange}.pidbox`, type: 'fanout', durable: false };
}

export function replyExchange({ controlExchange }: ControlQueueSettings): ExchangeDeclaration {
  return { name: `reply.${controlExchange}.pidbox`, type: 'direct', durable: false };
}

/** The queue in which the node of this name finds its requests. */
export function nodeQueue(nodename: string, settings: ControlQueueSettings): QueueDeclaration {
  const exchange = requestExchange(settings).name;
  return {
    name: `${nodename}.${exchange}`,
    bindings: [{ exchange, routingKey: '' }],
    ...lifeOf(settings),
  };
}

/** The queue in which the client with this id finds replies. */
export function replyQueue(oid: string, settings: ControlQueueSettings): QueueDeclaration {
  const exchange = replyExchange(settings).name;
  return {
    name: `${oid}.${exchange}`,
    bindings: [{ exchange, routingKey: oid }],
    ...lifeOf(settings),
  };
}

/** Celery deletes exclusive queues with their connection; those that are not, when nobody uses them. */
function lifeOf(settings: ControlQueueSettings) {
  return {
    durable: settings.controlQueueDurable,
    exclusive: settings.controlQueueExclusive,
    autoDelete: settings.controlQueueExclusive,
    messageTtlMs: settings.controlQueueTtl * 1_000,
    expiresMs: settings.controlQueueExpires * 1_000,
  };
}
