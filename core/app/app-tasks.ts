/**
 * The tasks of one app: how functions and classes become definitions, and when the app is finalized (APP-14 to 19).
 * Wherever the task module is loaded.
 */
import { systemClock } from '../kernel/clock.js';
import { ConfigError } from '../kernel/errors.js';
import { Signal } from '../kernel/signal.js';
import type { Settings } from '../settings/table.js';
import { annotateTask } from '../task/task-annotations.js';
import type { TaskClass } from '../task/task-class.js';
import { defineClassTask, defineTask } from '../task/task-definition.js';
import type { ErrorClass, TaskBase, TaskOptions } from '../task/task-options.js';
import { type TaskRegistry, type TaskDefinition } from '../task/task-registry.js';
import { threadRuntime, type RegisteredApp } from '../task/thread-runtime.js';
import { registerSharedTasks } from './shared-tasks.js';
import { createTask, type Task, type TaskCalls } from './task.js';

export interface AppTasksOptions {
  readonly app: RegisteredApp;
  readonly registry: TaskRegistry;
  readonly autofinalize: boolean;
  readonly taskCls: TaskBase | null;
  readonly settings: () => Settings;
  readonly nameOf: (name: string) => string;
  readonly callsOf: (name: string) => TaskCalls;
  readonly registerErrors: (...classes: readonly ErrorClass[]) => void;
}

type Run = TaskDefinition['run'];

export class AppTasks {
  /** After every task that was shared or annotated is in place (APP-25). */
  readonly onAfterFinalize = new Signal<object, object>({ name: 'onAfterFinalize', clock: systemClock, onError: warn });
  /** In a member, after its modules were loaded. */
  readonly onAfterFork = new Signal<object, object>({ name: 'onAfterFork', clock: systemClock, onError: warn });
  readonly #options: AppTasksOptions;
  #isFinalized = false;

  constructor(options: AppTasksOptions) {
    this.#options = options;
  }

  get isFinalized(): boolean {
    return this.#isFinalized;
  }

  /** The registry, finalized. @throws ConfigError without `autofinalize` before `finalize()` */
  get registry(): TaskRegistry {
    if (!this.#isFinalized) {
      if (!this.#options.autofinalize) throw new ConfigError('the app is not finalized: call app.finalize() (APP-14)');
      this.finalize();
    }
    return this.#options.registry;
  }

  /** @throws ConfigError for a name that is taken, or options that are wrong. */
  defineFunction<A extends readonly unknown[], R>(name: string, options: TaskOptions, run: Run): Task<A, R> {
    const defaultBase = this.#options.taskCls;
    return this.#add<A, R>(defineTask(name, run, { options, defaultBase }));
  }

  /** @throws ConfigError as `defineClassTask` */
  defineClass(source: TaskClass | (new () => TaskClass), name: string | null): Task<readonly unknown[], unknown> {
    const { nameOf } = this.#options;
    return this.#add(defineClassTask(source, { name, fallbackName: nameOf }));
  }

  /** Puts shared tasks and annotations in place; harmless when called again. */
  finalize(): void {
    if (this.#isFinalized) return;
    this.#isFinalized = true;
    const { app, registry, settings } = this.#options;
    registerSharedTasks(app);
    const { taskAnnotations } = settings();
    if (taskAnnotations !== null) for (const definition of [...registry]) this.#annotate(definition, taskAnnotations);
    this.onAfterFinalize.send(app, {});
    if (threadRuntime().role === 'member') this.onAfterFork.send(app, {});
  }

  #add<A extends readonly unknown[], R>(definition: TaskDefinition): Task<A, R> {
    const { registry, settings, callsOf, registerErrors } = this.#options;
    const task = createTask<A, R>(definition, callsOf(definition.name));
    registry.register({ ...definition, task });
    registerErrors(...definition.options.autoretryFor.filter((match) => typeof match !== 'string'));
    const annotations = this.#isFinalized ? settings().taskAnnotations : null;
    if (annotations !== null) this.#annotate(registry.get(definition.name), annotations);
    return task;
  }

  #annotate(definition: TaskDefinition, annotations: unknown): void {
    const annotated = annotateTask(definition, annotations);
    if (annotated !== definition) this.#options.registry.replace(annotated);
  }
}

function warn(signal: string, error: unknown): void {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.emitWarning(`a receiver of ${signal} failed`, { type: 'CeleriacSignalWarning', detail });
}
