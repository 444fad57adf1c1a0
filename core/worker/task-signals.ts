/** The signals of features §18 that the host sends of single tasks. Without receivers each costs one branch. Host thread. */
import type { Delivery } from '../ports/transport.js';
import { NotRegistered } from '../kernel/errors.js';
import { signals } from '../task/signal-table.js';
import { describeRequest } from './request-info.js';
import type { Request } from './request.js';
import type { Refusal } from './strategy.js';

export interface Revocation {
  readonly terminated: boolean;
  readonly signum: string | null;
  readonly expired: boolean;
}

export class TaskSignals {
  /** The worker, where Celery has its consumer. */
  readonly #sender: object;
  readonly #hostname: string;

  constructor(sender: object, hostname: string) {
    this.#sender = sender;
    this.#hostname = hostname;
  }

  /** SIG-12 */
  received(request: Request): void {
    if (!signals.taskReceived.hasListeners) return;
    signals.taskReceived.send(this.#sender, { request: describeRequest(request, this.#hostname) });
  }

  /** SIG-19 */
  revoked(request: Request, how: Revocation): void {
    if (!signals.taskRevoked.hasListeners) return;
    const sender = { taskName: request.message.task };
    signals.taskRevoked.send(sender, { request: describeRequest(request, this.#hostname), ...how });
  }

  /** SIG-20, SIG-21 */
  refused(delivery: Delivery, { message, error: exc }: Refusal): void {
    if (message !== null && exc instanceof NotRegistered) {
      const { task: name, id } = message;
      if (signals.taskUnknown.hasListeners)
        signals.taskUnknown.send(this.#sender, { message: delivery, exc, name, id });
    } else if (signals.taskRejected.hasListeners) {
      signals.taskRejected.send(this.#sender, { message: delivery, exc });
    }
  }
}
