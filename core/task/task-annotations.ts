/**
 * The setting `taskAnnotations` (TASK-30): options of tasks set from outside, by name or `*`, above those of their
 * authors. A key with `@` decorates: its function gets what stands there and gives what stands in its place. Applied by
 * `core/app` in every thread that loads the tasks.
 */
import { ConfigError } from '../kernel/errors.js';
import { optionNamed } from './option-check.js';
import { resolveTaskOptions } from './resolve-task-options.js';
import { HOOK_NAMES } from './task-hooks.js';
import type { TaskOptions } from './task-options.js';
import type { TaskDefinition } from './task-registry.js';

type Table = Readonly<Record<string, unknown>>;
type AnyFunction = (...args: never[]) => unknown;

/** Options of one task: a table of them, or a function of the task that gives one. */
type TaskAnnotation = Table | ((task: TaskDefinition) => Table | null);

/**
 * The definition with the annotations that are for it; the same object when there are none.
 * @param annotations value of the setting: a table, a function, or a list of these, applied in order.
 * @throws ConfigError for what is no annotation, or an option that is wrong.
 */
export function annotateTask(definition: TaskDefinition, annotations: unknown): TaskDefinition {
  if (annotations === null || annotations === undefined) return definition;
  const list: readonly unknown[] = Array.isArray(annotations) ? annotations : [annotations];
  return list.reduce<TaskDefinition>(
    (annotated, item) => tablesFor(annotated, item).reduce(withTable, annotated),
    definition,
  );
}

/** What an item says of every task, then of this one. */
function tablesFor(definition: TaskDefinition, item: unknown): readonly Table[] {
  const source: unknown = typeof item === 'function' ? (item as AnyFunction)() : item;
  if (typeof source !== 'object' || source === null) {
    throw new ConfigError('taskAnnotations must be a table { name or *: options }, an object that is asked, or a list');
  }
  if ('annotate' in source || 'annotateAny' in source) {
    const asked = source as { annotateAny?(): Table | null; annotate?(task: TaskDefinition): Table | null };
    return [asked.annotateAny?.() ?? null, asked.annotate?.(definition) ?? null].filter((table) => table !== null);
  }
  const tables = source as Readonly<Record<string, TaskAnnotation>>;
  return ['*', definition.name].flatMap((name) => {
    const annotation = Object.hasOwn(tables, name) ? tables[name] : undefined;
    if (annotation === undefined) return [];
    const table = typeof annotation === 'function' ? annotation(definition) : annotation;
    return table === null ? [] : [table];
  });
}

function withTable(definition: TaskDefinition, table: Table): TaskDefinition {
  const entries = Object.entries(table);
  const options = Object.fromEntries(entries.filter(([key]) => !key.startsWith('@')).map(ownHook(definition)));
  const decorators = entries.filter(([key]) => key.startsWith('@'));
  const layers = [...(definition.layers ?? []), options as TaskOptions];
  const annotated = { ...definition, layers, options: resolveTaskOptions(definition.name, ...layers) };
  return decorators.reduce(decorated, annotated);
}

/** A function in an annotation has the task as its `this` (Celery's `self`). */
function ownHook({ instance, task }: TaskDefinition) {
  return ([key, value]: [string, unknown]): [string, unknown] => {
    const self = instance ?? task;
    const name = optionNamed(key);
    const isHook = HOOK_NAMES.some((hook) => hook === name);
    return [key, isHook && typeof value === 'function' && self !== undefined ? (value.bind(self) as unknown) : value];
  };
}

function decorated(definition: TaskDefinition, [key, decorate]: [string, unknown]): TaskDefinition {
  if (typeof decorate !== 'function') throw new ConfigError(`taskAnnotations: "${key}" must be a function`);
  const wrap = decorate as (before: unknown) => unknown;
  const target = key.slice(1);
  if (target === 'run' || target === '__call__') return { ...definition, run: wrap(definition.run) as AnyFunction };
  const name = HOOK_NAMES.find((hook) => hook === optionNamed(target));
  if (name === undefined) throw new ConfigError(`taskAnnotations: "${key}" decorates neither run nor a hook`);
  const hooks = (definition.options.hooks ?? {}) as Table;
  const layers = [...(definition.layers ?? []), { [name]: wrap(hooks[name] ?? (() => undefined)) }];
  return { ...definition, layers, options: resolveTaskOptions(definition.name, ...layers) };
}
