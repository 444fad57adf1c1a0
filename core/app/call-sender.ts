/**
 * The way of a call out of an app: checked, run here in eager mode, or published; then the handle of its result. Client,
 * host and member.
 */
import { checkCall } from '../task/call-check.js';
import { currentTask } from '../task/current-task.js';
import type { TaskDefinition, TaskRegistry } from '../task/task-registry.js';
import type { AppWiring } from './app-wiring.js';
import { AsyncResult } from './async-result.js';
import type { ApplyOptions } from './call-options.js';
import type { EagerResult } from './eager-result.js';
import { ignoresResult } from './message-builder.js';
import type { ResultFactory } from './result-factory.js';
import type { EagerOptions } from './task.js';

/** What a call needs of its app, as it is at that moment. */
export interface SenderApp {
  readonly tasks: TaskRegistry;
  readonly wiring: AppWiring;
  readonly resultSource: ResultFactory;
  /** Runs a call in this thread. */
  runEagerly(definition: TaskDefinition, call: ApplyOptions<readonly unknown[]>): Promise<EagerResult>;
}

type Call = ApplyOptions<readonly unknown[]>;

const NO_ARGUMENTS: readonly unknown[] = [];
const NO_KEYWORDS: Readonly<Record<string, unknown>> = {};

export class CallSender {
  readonly #app: SenderApp;
  readonly #isStrict: boolean;

  /** @param isStrict check the arguments of tasks that say nothing of it (APP-32) */
  constructor(app: SenderApp, isStrict: boolean) {
    this.#app = app;
    this.#isStrict = isStrict;
  }

  /** Sends a registered task by its object: arguments are checked, and in eager mode it runs here (CALL-34). */
  send(task: string, call: Call): Promise<AsyncResult> {
    const definition = this.#app.tasks.find(task);
    if (definition !== null) {
      if (definition.options.typing ?? this.#isStrict) {
        const problem = problemOf(definition, call);
        if (problem !== null) return tracked(Promise.reject(problem));
      }
      if (this.#app.wiring.settings.taskAlwaysEager) return tracked(this.#eager(definition, call));
    }
    return this.#publish(task, definition, call);
  }

  /** Sends a task by its name, whatever is registered here (APP-22). */
  sendByName(task: string, call: Call): Promise<AsyncResult> {
    if (this.#app.wiring.settings.taskAlwaysEager) {
      process.emitWarning(`sendTask("${task}") publishes although taskAlwaysEager is on`, {
        type: 'AlwaysEagerIgnored',
      });
    }
    return this.#publish(task, this.#app.tasks.find(task), call);
  }

  /** Runs a registered task here, as a worker would (CALL-33). @throws NotRegistered */
  async apply(task: string, { throw: throws, ...call }: Call & EagerOptions): Promise<EagerResult> {
    const result = await this.#app.runEagerly(this.#app.tasks.get(task), call);
    if (throws ?? this.#app.wiring.settings.taskEagerPropagates) await result.get();
    return result;
  }

  async #eager(definition: TaskDefinition, call: Call): Promise<AsyncResult> {
    const result = await this.#app.runEagerly(definition, call);
    if (this.#app.wiring.settings.taskEagerPropagates) await result.get();
    return result;
  }

  #publish(task: string, definition: TaskDefinition | null, options: Call): Promise<AsyncResult> {
    const { args = NO_ARGUMENTS, kwargs = NO_KEYWORDS, resultCls = AsyncResult } = options;
    const { wiring, resultSource } = this.#app;
    const taskOptions = definition?.options ?? null;
    const isIgnored = ignoresResult(options, taskOptions, wiring.settings.taskIgnoreResult);
    const sent = wiring.publisher
      .publish({ task, args, kwargs, options, definition: taskOptions }, resultSource.outlet)
      .then((id) => new resultCls(id, resultSource, { name: task, isIgnored }));
    return tracked(sent);
  }
}

/** Inside a task the trace waits for it, so that a body that does not look at the end loses nothing. */
function tracked<T>(sent: Promise<T>): Promise<T> {
  return currentTask()?.publications?.track(sent) ?? sent;
}

function problemOf(definition: TaskDefinition, { args = NO_ARGUMENTS, kwargs = NO_KEYWORDS }: Call): Error | null {
  // What is no list or mapping at all is refused where the message is built.
  if (!Array.isArray(args) || typeof kwargs !== 'object') return null;
  try {
    checkCall(definition, args, kwargs);
    return null;
  } catch (error) {
    return error instanceof Error ? error : new TypeError(String(error));
  }
}
