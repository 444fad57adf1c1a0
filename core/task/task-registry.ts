/** The tasks of one app in one thread, by name. */
import { ConfigError, NotRegistered } from '../kernel/errors.js';
import type { ResolvedTaskOptions } from './task-options.js';

export interface TaskDefinition {
  readonly name: string;
  readonly options: ResolvedTaskOptions;
  /** The user's function; with `bind` its first parameter is the context. */
  readonly run: (...args: never[]) => unknown;
}

export class TaskRegistry {
  readonly #definitions = new Map<string, TaskDefinition>();

  /** @throws ConfigError when the name is taken: two functions under one name would make a run depend on import order. */
  register(definition: TaskDefinition): void {
    if (this.#definitions.has(definition.name)) {
      throw new ConfigError(`task "${definition.name}" is registered twice; give one of them another name`);
    }
    this.#definitions.set(definition.name, definition);
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
