/**
 * `app.control`: tells and asks the worker nodes of an app (features.md §24, RES-08). Commands go to every node, or to
 * those that are named; replies are collected until all that were named have answered, or the time is over. Client, host
 * and member; a member can tell but not ask, since it owns no socket.
 */
import type { Clock } from '../kernel/clock.js';
import { ConfigError } from '../kernel/errors.js';
import type { NewId } from '../kernel/ids.js';
import type { LamportClock } from '../kernel/lamport-clock.js';
import type { Transport } from '../ports/transport.js';
import { messageLimitsOf } from '../protocol/message-limits.js';
import type { Settings } from '../settings/table.js';
import type { Outlet } from '../task/outlet.js';
import type { PublishOptions } from '../task/publish-options.js';
import { replyExchange, requestExchange } from './control-queues.js';
import type { ControlReplies } from './control-reply.js';
import { encodeControlRequest, type NodeMatcher, type ReplyAddress } from './control-request.js';
import { Inspection } from './inspection.js';
import { ReplyInbox } from './reply-inbox.js';

/** Whom a command means and how long its replies are awaited. */
export interface ControlOptions {
  /** Names of nodes. @defaultValue all */
  readonly destination?: string | readonly string[];
  /** Names of nodes by pattern, when `destination` does not name them. */
  readonly pattern?: string;
  /** @defaultValue 'glob' */
  readonly matcher?: NodeMatcher;
  /** Longest wait for replies, ms. @defaultValue 1,000 */
  readonly timeoutMs?: number;
  /** Replies after which the wait ends. @defaultValue the number of nodes in `destination`, else none */
  readonly limit?: number;
  /** Whether nodes shall answer. @defaultValue true for what asks, false for what tells */
  readonly reply?: boolean;
}

/** How a task that runs shall end. */
export interface RevokeOptions extends ControlOptions {
  /** End the task, with its thread, where it runs already (WORK-61). @defaultValue false */
  readonly terminate?: boolean;
  /** Reported to monitors; a thread has no signals (NM-06). @defaultValue 'SIGTERM' */
  readonly signal?: string;
}

export interface ControlClientOptions {
  readonly outlet: () => Outlet;
  readonly settings: () => Settings;
  /** The shared connection; null in a member. */
  readonly transport: (() => Promise<Transport>) | null;
  /** Unique to this client. */
  readonly oid: string;
  readonly newId: NewId;
  readonly clock: Clock;
  readonly logicalClock: LamportClock;
}

const DEFAULT_TIMEOUT_MS = 1_000;

export class ControlClient {
  readonly #options: ControlClientOptions;
  #inbox: ReplyInbox | null = null;

  constructor(options: ControlClientOptions) {
    this.#options = options;
  }

  /**
   * Sends a command. Resolves with the replies, or with none as soon as the broker has confirmed when none are wanted.
   * @throws TransportError when the broker cannot be reached; ConfigError when a member asks for replies.
   */
  async broadcast(
    method: string,
    args: Readonly<Record<string, unknown>> = {},
    options: ControlOptions = {},
  ): Promise<ControlReplies> {
    if (options.reply !== true) {
      await this.#send(method, args, { options, replyTo: null });
      return new Map();
    }
    return this.#ask(method, args, options);
  }

  /**
   * Tells all workers not to run these tasks, which end as REVOKED when a worker meets them (WORK-60). One that runs goes
   * on unless `terminate` is given. Workers forget ids after `workerRevokeExpires`.
   */
  revoke(taskId: string | readonly string[], options: RevokeOptions = {}): Promise<ControlReplies> {
    const { terminate = false, signal = 'SIGTERM', ...to } = options;
    return this.broadcast('revoke', { task_id: taskId, terminate, signal }, to);
  }

  /** Revokes what carries one of these stamps: header → value or values (WORK-62). */
  revokeByStampedHeaders(
    headers: Readonly<Record<string, string | readonly string[]>>,
    options: RevokeOptions = {},
  ): Promise<ControlReplies> {
    const { terminate = false, signal = 'SIGTERM', ...to } = options;
    return this.broadcast('revoke_by_stamped_headers', { headers, terminate, signal }, to);
  }

  /** `revoke` with `terminate`. */
  terminate(taskId: string | readonly string[], options: RevokeOptions = {}): Promise<ControlReplies> {
    return this.revoke(taskId, { ...options, terminate: true });
  }

  /** Which nodes answer: each with `{ ok: 'pong' }`. */
  ping(options: ControlOptions = {}): Promise<ControlReplies> {
    return this.broadcast('ping', {}, { reply: true, ...options });
  }

  /**
   * Changes the time limits of a task, in seconds, for runs that start later (WORK-44); what is absent or null falls back
   * to the worker's settings.
   */
  timeLimit(
    taskName: string,
    limits: { readonly hard?: number | null; readonly soft?: number | null },
    options: ControlOptions = {},
  ): Promise<ControlReplies> {
    const { hard = null, soft = null } = limits;
    return this.broadcast('time_limit', { task_name: taskName, hard, soft }, options);
  }

  /** A new rate limit of a task on each node, as `10/m`; 0 takes it away (WORK-33). */
  rateLimit(taskName: string, limit: string | number, options: ControlOptions = {}): Promise<ControlReplies> {
    return this.broadcast('rate_limit', { task_name: taskName, rate_limit: limit }, options);
  }

  /** More members on each node (WORK-99); refused by one that scales by itself. */
  poolGrow(count = 1, options: ControlOptions = {}): Promise<ControlReplies> {
    return this.broadcast('pool_grow', { n: count }, options);
  }

  /** Fewer members on each node, each after its last task (WORK-99); refused by one that scales by itself. */
  poolShrink(count = 1, options: ControlOptions = {}): Promise<ControlReplies> {
    return this.broadcast('pool_shrink', { n: count }, options);
  }

  /** Other bounds of each node's autoscaler (WORK-97). */
  autoscale(
    range: { readonly max?: number; readonly min?: number },
    options: ControlOptions = {},
  ): Promise<ControlReplies> {
    const { max = null, min = null } = range;
    return this.broadcast('autoscale', { max, min }, options);
  }

  /** Makes nodes consume a further queue (WORK-29). */
  addConsumer(queue: string, options: ControlOptions = {}): Promise<ControlReplies> {
    return this.broadcast('add_consumer', { queue }, options);
  }

  /** Makes nodes leave a queue. */
  cancelConsumer(queue: string, options: ControlOptions = {}): Promise<ControlReplies> {
    return this.broadcast('cancel_consumer', { queue }, options);
  }

  /** Makes nodes stop, warm (WORK-78). They do not answer. */
  async shutdown(options: Omit<ControlOptions, 'reply'> = {}): Promise<void> {
    await this.broadcast('shutdown', {}, options);
  }

  /** Questions to the nodes. */
  inspect(options: ControlOptions = {}): Inspection {
    return new Inspection((method, args) => this.#ask(method, args, options));
  }

  async #ask(
    method: string,
    args: Readonly<Record<string, unknown>>,
    options: ControlOptions,
  ): Promise<ControlReplies> {
    const inbox = this.#replyInbox();
    const { oid, newId, settings, clock } = this.#options;
    const ticket = newId();
    const limit = options.limit ?? destinationOf(options)?.length ?? Infinity;
    const replies = new Map<string, unknown>();
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    await inbox.listen(ticket, ({ nodename, value, clock: theirs }) => {
      this.#options.logicalClock.adjust(theirs);
      replies.set(nodename, value);
      if (replies.size >= limit) finish();
    });
    try {
      const replyTo = { exchange: replyExchange(settings()).name, routingKey: oid, ticket };
      await this.#send(method, args, { options, replyTo });
      const timer = clock.after(options.timeoutMs ?? DEFAULT_TIMEOUT_MS, finish);
      await finished;
      timer.cancel();
    } finally {
      await inbox.stop(ticket);
    }
    return replies;
  }

  #send(
    method: string,
    args: Readonly<Record<string, unknown>>,
    { options, replyTo }: { readonly options: ControlOptions; readonly replyTo: ReplyAddress | null },
  ): Promise<void> {
    const { outlet, settings, clock, logicalClock } = this.#options;
    const exchange = requestExchange(settings());
    const pattern = options.pattern ?? null;
    const request = {
      method,
      arguments: args,
      destination: destinationOf(options),
      pattern,
      matcher: pattern === null ? null : (options.matcher ?? 'glob'),
      replyTo,
    };
    const expiresEpochMs = replyTo === null ? 0 : clock.nowEpochMs() + (options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const message = encodeControlRequest(request, exchange.name, { clock: logicalClock.forward(), expiresEpochMs });
    const publish: PublishOptions = {
      retry: settings().taskPublishRetryPolicy,
      timeoutMs: settings().taskPublishTimeoutMs,
      declare: { exchanges: [exchange], queues: [] },
    };
    return outlet().publish(message, publish);
  }

  #replyInbox(): ReplyInbox {
    const { transport, oid, settings } = this.#options;
    if (transport === null) {
      throw new ConfigError('a task can tell nodes but not ask them: its thread has no connection for replies');
    }
    const conf = settings();
    const decoding = { accept: conf.acceptContent, limits: messageLimitsOf(conf) };
    this.#inbox ??= new ReplyInbox({ transport, oid, settings: conf, decoding });
    return this.#inbox;
  }
}

function destinationOf({ destination }: ControlOptions): readonly string[] | null {
  if (destination === undefined) return null;
  return typeof destination === 'string' ? [destination] : destination;
}
