/**
 * What follows a task, as messages (TASK-51, 52, 54; protocol.md §1.6): callbacks with the result before their own
 * arguments, the next step of a chain with the rest of it, errbacks with the id of the failed task. Runs in the member,
 * called by the trace; the messages leave with the outcome, before the result is stored (MIS-24).
 */
import { Signature } from '../canvas/signature.js';
import { ConfigError } from '../kernel/errors.js';
import { asTaskId } from '../kernel/ids.js';
import type { OutgoingMessage } from '../ports/transport.js';
import type { SignatureData } from '../protocol/body.js';
import type { EndedRun, FollowUps, NamedPlace, Way } from '../task/follow-ups.js';
import type { TaskDefinition, TaskRegistry } from '../task/task-registry.js';
import { checkTaskId } from './task-call.js';
import { knownOptions, type CallOptions } from './call-options.js';
import type { Publisher } from './publisher.js';

export interface TaskFollowUpsOptions {
  readonly registry: TaskRegistry;
  /** Asked for each run: settings may have changed. */
  readonly publisher: () => Publisher;
  /** Whether messages have the priority of their parent (`taskInheritParentPriority`). */
  readonly inheritsPriority: () => boolean;
}

type Message = OutgoingMessage | Promise<OutgoingMessage>;

export class TaskFollowUps implements FollowUps {
  readonly #options: TaskFollowUpsOptions;

  constructor(options: TaskFollowUpsOptions) {
    this.#options = options;
  }

  afterSuccess(run: EndedRun, value: unknown): readonly OutgoingMessage[] | Promise<readonly OutgoingMessage[]> {
    const { callbacks, chain } = run.embed;
    const linked = callbacks ?? [];
    // Several go as one group (protocol.md §1.6).
    const groupId = linked.length > 1 ? run.nextId() : null;
    const messages: Message[] = linked.map((data, index) =>
      this.#message(run, data, { args: [value], options: groupId === null ? {} : { groupId, groupIndex: index } }),
    );
    const next = chain?.at(-1);
    if (next !== undefined) {
      const rest = chain?.slice(0, -1) ?? [];
      messages.push(this.#message(run, next, { args: [value], options: rest.length === 0 ? {} : { chain: rest } }));
    }
    return settled(messages);
  }

  async afterFailure(run: EndedRun, error: unknown): Promise<readonly OutgoingMessage[]> {
    const { id } = run.request;
    const messages: Message[] = [];
    let groupId: string | null = null;
    for (const data of run.embed.errbacks ?? []) {
      const definition = this.#options.registry.find(String(data['task']));
      if (definition !== null && takesTheError(definition)) {
        await callHere(definition, data, { request: run.request, error });
        continue;
      }
      groupId ??= run.nextId();
      const options = { groupId, groupIndex: messages.length };
      messages.push(this.#message(run, data, { args: [id], options }));
    }
    return settled(messages);
  }

  wayTo(place: NamedPlace): Way {
    return this.#options.publisher().wayTo(place);
  }

  #message(
    { request, nextId }: EndedRun,
    data: SignatureData,
    given: { readonly args: readonly unknown[]; readonly options: CallOptions },
  ): Message {
    const signature = Signature.fromData(data);
    if (signature.subtaskType !== null) {
      throw new ConfigError(`a ${signature.subtaskType} cannot follow a task in this version`);
    }
    const { task, args, kwargs, options } = signature.merged({ args: given.args });
    const own = knownOptions(options);
    const derived = nextId();
    const id = own.taskId === undefined ? asTaskId(derived) : checkTaskId(own.taskId);
    const { registry, publisher, inheritsPriority } = this.#options;
    const definition = registry.find(task)?.options ?? null;
    const call = { task, args, kwargs, options: { ...own, ...given.options }, definition };
    return publisher().prepare(call, {
      id,
      rootId: own.rootId ?? request.rootId ?? request.id,
      parentId: own.parentId ?? request.id,
      priority: inheritsPriority() ? (request.deliveryInfo?.properties.priority ?? null) : null,
    });
  }
}

/** A promise only where a router is asynchronous. */
function settled(messages: readonly Message[]): readonly OutgoingMessage[] | Promise<readonly OutgoingMessage[]> {
  return messages.some((message) => message instanceof Promise)
    ? Promise.all(messages.map((message) => Promise.resolve(message)))
    : (messages as readonly OutgoingMessage[]);
}

/** An errback with more than one parameter is no task run: it is called in the failing member (MIS-25). */
function takesTheError({ options, run }: TaskDefinition): boolean {
  return (options.params?.length ?? run.length - (options.bind ? 1 : 0)) > 1;
}

async function callHere(
  { run }: TaskDefinition,
  data: SignatureData,
  { request, error }: { readonly request: EndedRun['request']; readonly error: unknown },
): Promise<void> {
  const { args } = Signature.fromData(data);
  const traceback = error instanceof Error ? (error.stack ?? null) : null;
  await (run as (...args: readonly unknown[]) => unknown)(request, error, traceback, ...args);
}
