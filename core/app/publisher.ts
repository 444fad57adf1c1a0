/**
 * Sends task calls: gives them id and parentage, asks the routes, builds the message, hands it to the outlet. Client,
 * host and member. Without routes and receivers of signals everything up to the outlet happens in one go.
 */
import type { NewId } from '../kernel/ids.js';
import type { OutgoingMessage } from '../ports/transport.js';
import { currentTask } from '../task/current-task.js';
import type { NamedPlace, Way } from '../task/follow-ups.js';
import type { Outlet } from '../task/outlet.js';
import type { PublishOptions } from '../task/publish-options.js';
import type { ResolvedTaskOptions } from '../task/task-options.js';
import type { Settings } from '../settings/table.js';
import type { CallOptions } from './call-options.js';
import type { MessageBuilder } from './message-builder.js';
import { publishOptionsOf } from './publish-retry.js';
import { hasPublishListeners, publishWithSignals } from './publish-signals.js';
import { routeOptions, type Router, type Target } from './router.js';
import { checkTaskId, type Parentage, type RoutedCall, type TaskCall } from './task-call.js';

export interface PublisherOptions {
  readonly builder: MessageBuilder;
  readonly router: Router;
  readonly settings: Settings;
  readonly newId: NewId;
}

export class Publisher {
  readonly #builder: MessageBuilder;
  readonly #router: Router;
  readonly #settings: Settings;
  readonly #newId: NewId;

  constructor({ builder, router, settings, newId }: PublisherOptions) {
    this.#builder = builder;
    this.#router = router;
    this.#settings = settings;
    this.#newId = newId;
  }

  /**
   * Resolves with the task's id when the broker has confirmed. Inside a task everything up to the commit to the ring
   * happens before this returns: a kill after that cannot take the message back (design §4). Only asynchronous routers
   * and receivers of signals stand between.
   */
  publish(call: TaskCall, outlet: Outlet): Promise<string> {
    try {
      const parentage = this.parentageOf(call);
      const routed = this.#route(call);
      if (routed instanceof Promise) return routed.then((one) => this.#send(one, parentage, outlet));
      return this.#send(routed, parentage, outlet);
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** The message of a call, for whoever sends it otherwise. @throws as `MessageBuilder.build` */
  prepare(call: TaskCall, parentage: Parentage): OutgoingMessage | Promise<OutgoingMessage> {
    const routed = this.#route(call);
    if (routed instanceof Promise) return routed.then((one) => this.#builder.build(one, parentage));
    return this.#builder.build(routed, parentage);
  }

  /** As `prepare`, for a message that takes no way through the routes. */
  prepareFor(target: Target, call: TaskCall, parentage: Parentage): OutgoingMessage {
    return this.#builder.build({ ...call, target }, parentage);
  }

  /** Where a call with these options goes, whatever the routes say. @throws ConfigError as `Router.target` */
  wayTo(place: NamedPlace): Way {
    const target = this.#target(place, null);
    return { exchange: target.exchange, routingKey: target.routingKey };
  }

  async #send(call: RoutedCall, parentage: Parentage, outlet: Outlet): Promise<string> {
    const message = this.#builder.build(call, parentage);
    const options = this.#special(call);
    if (call.options.addToParent !== false) currentTask()?.publications?.addChild(parentage.id);
    if (hasPublishListeners()) {
      const draft = this.#builder.draft(call, message, options);
      await publishWithSignals(draft, (leaving) => outlet.publish(leaving, options));
    } else {
      await outlet.publish(message, options);
    }
    return parentage.id;
  }

  #special({ options, target }: RoutedCall): PublishOptions | null {
    return publishOptionsOf(options, target, { settings: this.#settings, queues: this.#router.queues });
  }

  /** The call's options above the task's, those above the route's (CALL-32, MIS-31). */
  #route(call: TaskCall): RoutedCall | Promise<RoutedCall> {
    const { task, args, kwargs, options, definition } = call;
    if (options.router === undefined && !this.#router.hasRules) {
      // No spread: this is the way of nearly every call.
      return { task, args, kwargs, options, definition, target: this.#target(options, definition) };
    }
    const { router = this.#router, routeName = task, taskType = null } = options;
    const given = definition === null ? options : { ...messageOptions(definition), ...options };
    const merged = (route: Awaited<ReturnType<Router['route']>>): RoutedCall => {
      if (route === null || route === undefined) return { ...call, target: this.#target(options, definition) };
      const above: CallOptions = { ...routeOptions(route), ...withoutNulls(given) };
      return { ...call, options: above, target: this.#target(above, null) };
    };
    const answer = router.route(routeName, { args, kwargs, options: { ...given }, task: taskType });
    return answer instanceof Promise ? answer.then(merged) : merged(answer);
  }

  #target(options: CallOptions, definition: ResolvedTaskOptions | null): Target {
    const queue = options.queue ?? definition?.queue ?? null;
    const exchange = options.exchange ?? definition?.exchange ?? null;
    const routingKey = options.routingKey ?? definition?.routingKey ?? null;
    const exchangeType = options.exchangeType ?? definition?.exchangeType ?? null;
    if (exchange === null && routingKey === null && exchangeType === null) {
      if (queue === null) return this.#router.targetOfQueue(this.#settings.taskDefaultQueue);
      if (typeof queue === 'string') return this.#router.targetOfQueue(queue);
    }
    return this.#router.target({ queue, exchange, exchangeType, routingKey });
  }

  /** Id and parent of a call that is made here and now; inside a task it counts as its next child. */
  parentageOf({ options }: Pick<TaskCall, 'options'>): Parentage {
    const given = options.taskId === undefined ? null : checkTaskId(options.taskId);
    const { rootId = null, parentId = null } = options;
    const parent = currentTask();
    if (parent?.publications == null) return { id: given ?? this.#newId(), rootId, parentId, priority: null };
    const derived = parent.publications.nextId();
    const { id, rootId: root, deliveryInfo } = parent.request;
    return {
      id: given ?? derived,
      rootId: rootId ?? root ?? id,
      parentId: parentId ?? id,
      priority: this.#settings.taskInheritParentPriority ? (deliveryInfo?.properties.priority ?? null) : null,
    };
  }
}

/** What a task says of its messages, as options of a call; null says nothing. */
function messageOptions(definition: ResolvedTaskOptions): CallOptions {
  const { queue, exchange, exchangeType, routingKey, priority, deliveryMode, serializer, compression } = definition;
  const said = { queue, exchange, exchangeType, routingKey, priority, deliveryMode, serializer, compression };
  const expires = definition.expiresSeconds ?? null;
  return withoutNulls({ ...said, expires });
}

function withoutNulls(options: CallOptions): CallOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null && value !== undefined));
}
