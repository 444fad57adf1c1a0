/** Positional and keyword arguments of a message → the parameters of a JavaScript function (NM-14). Member thread. */
import type { ResolvedTaskOptions } from './task-options.js';

/** @throws TypeError as Python's call would: unknown keyword, or one given twice. It fails the task, not the worker. */
export function bindArguments(
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
  { params, schema }: Pick<ResolvedTaskOptions, 'params' | 'schema'>,
): readonly unknown[] {
  // With a schema of their own the keywords are one object of known shape, there in every call.
  if (schema?.kwargs !== undefined) return [...args, kwargs];
  const names = Object.keys(kwargs);
  if (names.length === 0) return args;
  // Without declared names the keywords arrive as one last object.
  if (params === null) return [...args, kwargs];
  const bound = [...args];
  for (const name of names) {
    const index = params.indexOf(name);
    if (index === -1) throw new TypeError(`unexpected keyword argument '${name}'`);
    if (index < args.length) throw new TypeError(`multiple values for argument '${name}'`);
    bound[index] = kwargs[name];
  }
  return bound;
}
