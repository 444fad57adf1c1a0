/** Arguments and results of a task against the schemas of its options (TASK-26). Member thread; asynchronous validators are awaited. */
import { InvalidTaskError } from '../kernel/errors.js';
import { bindArguments } from './arguments.js';
import type { SchemaIssue, StandardSchema } from './standard-schema.js';
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

async function parse(schema: StandardSchema<unknown, unknown>, value: unknown, what: string): Promise<unknown> {
  const result = await schema['~standard'].validate(value);
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
