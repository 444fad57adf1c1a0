/** The tasks of one app in one thread, by name. */
import { AlreadyRegistered, NotRegistered } from '../kernel/errors.js';
import type { TaskSender } from './signal-catalogue.js';
import type { ResolvedTaskOptions, TaskOptions } from './task-options.js';

export interface TaskDefinition {
  readonly name: string;
  readonly options: ResolvedTaskOptions;
  /** The user's function; with `bind` its first parameter is the context. */
  readonly run: (...args: never[]) => unknown;
  /** What the author wrote, lowest layer first: annotations are put above it. */
  readonly layers?: readonly TaskOptions[];
  /** Object of a class task, or of the `base` of a function: one a thread, shared by all runs (TASK-03). */
  readonly instance?: object;
  /** The task object that users hold: sender of the task's signals. */
  readonly task?: TaskSender;
}

/** Type of a task whose class says none. */
const REGULAR = 'regular';

export class TaskRegistry {
  readonly #definitions = new Map<string, TaskDefinition>();

  /** @throws AlreadyRegistered when the name is taken: two functions under one name would make a run depend on import order. */
  register(definition: TaskDefinition): void {
    if (this.#definitions.has(definition.name)) {
      throw new AlreadyRegistered(`task "${definition.name}" is registered twice; give one of them another name`);
    }
    this.#definitions.set(definition.name, definition);
  }

  /** Puts another definition in the place of the one with its name. */
  replace(definition: TaskDefinition): void {
    this.#definitions.set(definition.name, definition);
  }

  /** Takes a task out. @throws NotRegistered */
  unregister(name: string): void {
    if (!this.#definitions.delete(name)) throw new NotRegistered(name);
  }

  /** Tasks of no kind of their own (APP-19). */
  regular(): ReadonlyMap<string, TaskDefinition> {
    return this.filterTypes(REGULAR);
  }

  periodic(): ReadonlyMap<string, TaskDefinition> {
    return this.filterTypes('periodic');
  }

  /** Tasks by name whose class says this `type`; those that say none are `regular`. */
  filterTypes(type: string): ReadonlyMap<string, TaskDefinition> {
    return new Map([...this.#definitions].filter(([, { instance }]) => typeOf(instance) === type));
  }

  find(name: string): TaskDefinition | null {
    return this.#definitions.get(name) ?? null;
  }

  /** @throws NotRegistered */
  get(name: string): TaskDefinition {
    const definition = this.#definitions.get(name);
    if (definition === undefined) throw new NotRegistered(name);
    return definition;
  }

  names(): readonly string[] {
    return [...this.#definitions.keys()];
  }

  [Symbol.iterator](): IterableIterator<TaskDefinition> {
    return this.#definitions.values();
  }
}

function typeOf(instance: (object & { readonly type?: unknown }) | undefined): unknown {
  return instance?.type ?? REGULAR;
}
