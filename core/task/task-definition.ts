/**
 * A function or class with options → TaskDefinition: layers of options in the order of inheritance, hooks found on the
 * object, annotations above all (TASK-03, 28, 30). Called by `core/app` where a task is registered, in every thread.
 */
import { ConfigError } from '../kernel/errors.js';
import { resolveTaskOptions } from './resolve-task-options.js';
import type { TaskClass } from './task-class.js';
import { HOOK_NAMES } from './task-hooks.js';
import type { TaskBase, TaskOptions } from './task-options.js';
import type { TaskDefinition } from './task-registry.js';

type Run = TaskDefinition['run'];

/** What is read of a class of tasks; every part may be missing. */
interface ClassParts {
  readonly taskName?: string;
  readonly options?: TaskOptions;
  readonly abstract?: boolean;
}

/**
 * A function as a task. With `base` (its own or `defaultBase`, the app's `taskCls`) it inherits that class's options and
 * hooks, and one object of it is its `this`.
 * @throws ConfigError naming the task and what is wrong.
 */
export function defineTask(
  name: string,
  run: Run,
  { options, defaultBase = null }: { readonly options: TaskOptions; readonly defaultBase?: TaskBase | null },
): TaskDefinition {
  const base = options.base ?? defaultBase;
  if (base === null) return { name, options: resolveTaskOptions(name, options), run, layers: [options] };
  const instance = new (base as new () => object)();
  const layers = [...layersOf(instance), options];
  const bound: Run = run.bind(instance);
  return { name, options: resolveTaskOptions(name, ...layers), run: bound, layers, instance };
}

/**
 * A task class, or an object of one, as a task.
 * @param name wins over the class's own; null leaves it to the class, then to `fallbackName`.
 * @throws ConfigError for an abstract class, one without `run`, or wrong options.
 */
export function defineClassTask(
  source: TaskClass | (new () => TaskClass),
  { name, fallbackName }: { readonly name: string | null; readonly fallbackName: (className: string) => string },
): TaskDefinition {
  const type = (typeof source === 'function' ? source : source.constructor) as (new () => TaskClass) & ClassParts;
  if (Object.hasOwn(type, 'abstract') && type.abstract === true) {
    throw new ConfigError(`${type.name} is abstract: register a class that inherits from it (TASK-28)`);
  }
  const instance = typeof source === 'function' ? new source() : source;
  if (typeof (instance as Partial<TaskClass>).run !== 'function') {
    throw new ConfigError(`task class ${type.name} has no method run()`);
  }
  const ownName = Object.hasOwn(type, 'taskName') ? type.taskName : undefined;
  const taskName = name ?? ownName ?? fallbackName(type.name);
  const layers = layersOf(instance);
  const run: Run = instance.run.bind(instance);
  return { name: taskName, options: resolveTaskOptions(taskName, ...layers), run, layers, instance };
}

/** Static `options` from the outermost base class inwards, the object's hooks, its own `options`. */
function layersOf(instance: object): readonly TaskOptions[] {
  const layers: TaskOptions[] = [];
  let type: unknown = instance.constructor;
  while (typeof type === 'function' && type !== Function.prototype) {
    const { options } = type as ClassParts;
    if (Object.hasOwn(type, 'options') && options !== undefined) layers.unshift(options);
    type = Object.getPrototypeOf(type);
  }
  const hooks = HOOK_NAMES.flatMap((name): [string, unknown][] => {
    const hook = (instance as Readonly<Record<string, unknown>>)[name];
    return typeof hook === 'function' ? [[name, hook.bind(instance) as unknown]] : [];
  });
  const own = Object.hasOwn(instance, 'options') ? (instance as ClassParts).options : undefined;
  return [...layers, Object.fromEntries(hooks), ...(own === undefined ? [] : [own])];
}
