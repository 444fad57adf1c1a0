/**
 * Arguments and results of a task against the schemas of its options (TASK-26). In members, where asynchronous validators
 * are awaited, and in direct calls of the task's function, which cannot wait for one.
 */
import { ConfigError, InvalidTaskError } from '../kernel/errors.js';
import { bindArguments } from './arguments.js';
import type { SchemaIssue, SchemaResult, StandardSchema } from './standard-schema.js';
import type { TaskSchema } from './task-options.js';
import type { TaskDefinition } from './task-registry.js';

type Kwargs = Readonly<Record<string, unknown>>;

/** What the function gets. @throws InvalidTaskError with all issues; TypeError when the call does not bind. */
export async function checkedArguments(
  { name, options }: TaskDefinition,
  args: readonly unknown[],
  kwargs: Kwargs,
): Promise<readonly unknown[]> {
  const { params, schema } = options;
  if (schema === null) return bindArguments(args, kwargs, options);
  const hasKeywords = schema.kwargs !== undefined;
  const positional = bindArguments(args, hasKeywords ? {} : kwargs, { params, schema: null });
  const checked = schema.args === undefined ? positional : await parse(schema.args, positional, `arguments of ${name}`);
  if (!hasKeywords) return checked as readonly unknown[];
  return [...(checked as readonly unknown[]), await parse(schema.kwargs, kwargs, `keyword arguments of ${name}`)];
}

/** What is stored. @throws InvalidTaskError */
export async function checkedResult({ name, options }: TaskDefinition, value: unknown): Promise<unknown> {
  const schema = options.schema?.result;
  return schema === undefined ? value : await parse(schema, value, `result of ${name}`);
}

/**
 * Calls the function of a task directly as Celery's checked one is called: with what its schemas have made of the arguments,
 * whose last are the keywords where those have a schema. The result, or what its promise resolves with, is checked too.
 * @throws InvalidTaskError; ConfigError where a validator is asynchronous: `apply()` waits for it
 */
export function callChecked(
  { name, options: { schema } }: TaskDefinition,
  args: readonly unknown[],
  call: (args: readonly unknown[]) => unknown,
): unknown {
  const result = call(schema === null ? args : directArguments(name, schema, args));
  const { result: resultSchema } = schema ?? {};
  if (resultSchema === undefined) return result;
  const check = (value: unknown): unknown => parseNow(resultSchema, value, `result of ${name}`);
  return result instanceof Promise ? result.then(check) : check(result);
}

function directArguments(name: string, schema: TaskSchema, args: readonly unknown[]): readonly unknown[] {
  const positional = schema.kwargs === undefined ? args : args.slice(0, -1);
  const checked =
    schema.args === undefined ? positional : (parseNow(schema.args, positional, `arguments of ${name}`) as unknown[]);
  if (schema.kwargs === undefined) return checked;
  return [...checked, parseNow(schema.kwargs, args.at(-1) ?? {}, `keyword arguments of ${name}`)];
}

function parseNow(schema: StandardSchema<unknown, unknown>, value: unknown, what: string): unknown {
  const result = schema['~standard'].validate(value);
  if (!(result instanceof Promise)) return validated(result, what);
  result.catch(() => undefined);
  throw new ConfigError(`the ${what} have an asynchronous schema: call the task with apply()`);
}

async function parse(schema: StandardSchema<unknown, unknown>, value: unknown, what: string): Promise<unknown> {
  return validated(await schema['~standard'].validate(value), what);
}

function validated(result: SchemaResult<unknown>, what: string): unknown {
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map(({ message, path = [] }) => ({ message, path: path.map(pathText) }));
  const [first] = issues;
  const more = issues.length > 1 ? ` (and ${String(issues.length - 1)} more)` : '';
  const place = first === undefined || first.path.length === 0 ? '' : ` at ${first.path.join('.')}`;
  throw new InvalidTaskError(`${what} are not valid${place}: ${first?.message ?? 'refused'}${more}`, { issues });
}

function pathText(step: NonNullable<SchemaIssue['path']>[number]): string {
  return String(typeof step === 'object' ? step.key : step);
}
