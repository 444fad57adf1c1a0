/** Options of one call (features.md §5). What they become: `call-instants.ts`, `message-builder.ts`. */
import type { Links } from '../canvas/signature.js';
import { ConfigError } from '../kernel/errors.js';
import type { HeaderTable } from '../kernel/header-block.js';
import type { SignatureData } from '../protocol/body.js';
import { nearMiss } from '../kernel/near-miss.js';
import type { RetryPolicy } from '../settings/setting.js';
import type { AsyncResult } from './async-result.js';
import type { Exchange, Queue } from './queue.js';
import type { CallRouter } from './router.js';

interface TimingOptions {
  /** Seconds from now before which the task does not start (CALL-02). */
  readonly countdown?: number | null;
  /** Instant before which the task does not start (CALL-03); a text without offset is UTC. */
  readonly eta?: Date | string | null;
  /** Seconds from now, or the instant, after which the task is dropped as revoked (CALL-04). */
  readonly expires?: number | Date | string | null;
  /** Hard and soft limit of this call in seconds; null lifts the task's own (CALL-10). */
  readonly timeLimit?: number | null;
  readonly softTimeLimit?: number | null;
}

interface RoutingOptions {
  /** Queue of this message (CALL-11). @defaultValue the task's queue, the routes, then `taskDefaultQueue` */
  readonly queue?: string | Queue | null;
  /** Exchange and key in place of a queue (CALL-12). */
  readonly exchange?: string | Exchange | null;
  readonly exchangeType?: string | null;
  readonly routingKey?: string | null;
  /** 0 to 255, higher is served first (CALL-13). */
  readonly priority?: number | null;
  /** 2 (`persistent`) survives a restart of the broker, 1 (`transient`) need not (CALL-15). */
  readonly deliveryMode?: 1 | 2 | 'transient' | 'persistent' | null;
  /** In place of the app's routes (CALL-22). */
  readonly router?: CallRouter;
  /** Name and kind by which routes are looked up (CALL-22). @defaultValue the task's name */
  readonly routeName?: string;
  readonly taskType?: unknown;
}

interface OrderOptions {
  /**
   * Calls with the same key run one after another in a worker, in the order in which the worker got them; other calls
   * are not held up. Within one worker: several workers on one queue run different messages of a key at the same time.
   * A retry keeps its key, but stands at the end again. At most 255 characters.
   */
  readonly orderingKey?: string | null;
}

interface ContentOptions {
  /** Names of serializer and compression (CALL-14). @defaultValue the task's, then `taskSerializer`, `taskCompression` */
  readonly serializer?: string | null;
  readonly compression?: string | null;
  /** Headers of the application, visible as `ctx.request.headers`; one of the protocol's own is replaced (CALL-16). */
  readonly headers?: HeaderTable;
  /** Name to show in logs and monitors (CALL-08). */
  readonly shadow?: string | null;
  /** Text of the arguments for monitors, in place of what they look like. */
  readonly argsrepr?: string | null;
  readonly kwargsrepr?: string | null;
}

interface PublishingOptions {
  /** Try again after a lost connection, and how often (CALL-09, CALL-40). @defaultValue `taskPublishRetry…` */
  readonly retry?: boolean;
  readonly retryPolicy?: Partial<RetryPolicy>;
  /** Seconds for the whole of the publish; `confirmTimeout` is the same (CALL-21). @defaultValue `taskPublishTimeoutMs` */
  readonly timeout?: number;
  readonly confirmTimeout?: number;
  /** false: a message that no queue takes may vanish. @defaultValue true, false for a broadcast */
  readonly mandatory?: boolean;
  /** Queues to declare before the publish, beside the message's own (CALL-42). */
  readonly declare?: readonly Queue[];
  /** Seconds after which the broker may drop the message. @defaultValue as `expires` says */
  readonly expiration?: number | null;
}

interface ResultOptions {
  /** Store no result of this call (CALL-18). */
  readonly ignoreResult?: boolean;
  /** Class of what the call gives back (CALL-22). @defaultValue AsyncResult */
  readonly resultCls?: new (...args: ConstructorParameters<typeof AsyncResult>) => AsyncResult;
  /** Note the call among the children of the task around it (CALL-17). @defaultValue true */
  readonly addToParent?: boolean;
}

/** What canvas and retries give (CALL-19, CALL-20). */
interface WorkflowOptions {
  /** Id of the task (CALL-05). @defaultValue a new UUID; inside a task one derived from the parent */
  readonly taskId?: string;
  /** Signatures that follow a success, each with the result before its arguments (CALL-44). */
  readonly link?: Links;
  /** Signatures that follow a failure, each with the id of the failed task. */
  readonly linkError?: Links;
  readonly rootId?: string | null;
  readonly parentId?: string | null;
  readonly groupId?: string | null;
  readonly groupIndex?: number | null;
  /** Signature of the chord's body whose header this call belongs to. */
  readonly chord?: SignatureData | null;
  /** Signatures still to come, the next one last. */
  readonly chain?: readonly SignatureData[] | null;
  readonly replacedTaskNesting?: number;
  readonly stampedHeaders?: readonly string[] | null;
  readonly stamps?: HeaderTable;
  readonly replyTo?: string;
  readonly retries?: number;
  readonly origin?: string;
}

export interface CallOptions
  extends
    TimingOptions,
    RoutingOptions,
    OrderOptions,
    ContentOptions,
    PublishingOptions,
    ResultOptions,
    WorkflowOptions {}

export interface ApplyOptions<A extends readonly unknown[]> extends CallOptions {
  readonly args?: A;
  readonly kwargs?: Readonly<Record<string, unknown>>;
}

/** Every option once: the compiler holds this list against the interface. */
const OPTIONS: Readonly<Record<keyof ApplyOptions<[]>, true>> = {
  ...{ args: true, kwargs: true },
  ...{ countdown: true, eta: true, expires: true, timeLimit: true, softTimeLimit: true },
  ...{ queue: true, exchange: true, exchangeType: true, routingKey: true, priority: true, deliveryMode: true },
  ...{ router: true, routeName: true, taskType: true },
  ...{ serializer: true, compression: true, headers: true, shadow: true, argsrepr: true, kwargsrepr: true },
  ...{ retry: true, retryPolicy: true, timeout: true, confirmTimeout: true, mandatory: true, declare: true },
  ...{ expiration: true, ignoreResult: true, resultCls: true, addToParent: true },
  ...{ taskId: true, link: true, linkError: true, rootId: true, parentId: true, groupId: true, groupIndex: true },
  ...{ chord: true, chain: true, replacedTaskNesting: true, stampedHeaders: true, stamps: true, replyTo: true },
  ...{ retries: true, origin: true, orderingKey: true },
};

/** A misspelt option would be lost without a word where no compiler looks. @throws ConfigError */
export function checkOptionNames(task: string, options: object): void {
  for (const name in options) {
    if (Object.hasOwn(OPTIONS, name)) continue;
    const meant = nearMiss(name, Object.keys(OPTIONS));
    throw new ConfigError(
      `call of "${task}": unknown option "${name}"${meant === null ? '' : `; did you mean "${meant}"?`}`,
    );
  }
}

/** Those of a signature's options that a call has; stamps become one option, what only others know is left out. */
export function knownOptions(options: Readonly<Record<string, unknown>>): CallOptions {
  const known = Object.entries(options).filter(([name]) => Object.hasOwn(OPTIONS, name));
  const names = options['stampedHeaders'];
  const stamps = Array.isArray(names)
    ? names.map((name): [string, unknown] => [String(name), options[String(name)] ?? null])
    : [];
  return Object.fromEntries(stamps.length === 0 ? known : [...known, ['stamps', Object.fromEntries(stamps)]]);
}
