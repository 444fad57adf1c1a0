/**
 * Refuses a call that cannot bind to the parameters of its task where it is made, with the signature shown (APP-32,
 * TASK-04). The names are those that the task declares; without them JavaScript knows only how many the function needs.
 * Client, host and member; once for each call, so the usual one is two comparisons.
 */
import type { TaskDefinition } from './task-registry.js';

type Args = readonly unknown[];
type Kwargs = Readonly<Record<string, unknown>>;

interface Bounds {
  readonly least: number;
  readonly most: number;
}

const boundsOf = new WeakMap<TaskDefinition, Bounds>();

/**
 * Does nothing for a task with `typing: false`.
 * @throws TypeError as Python's call would, naming what is missing, unknown or given twice.
 */
export function checkCall(definition: TaskDefinition, args: Args, kwargs: Kwargs): void {
  if (definition.options.typing === false) return;
  const { least, most } = bounds(definition);
  if (args.length > most) throw refusal(definition, `takes ${count(most)} but ${String(args.length)} were given`);
  if (args.length >= least && !hasKeys(kwargs)) return;
  checkKeywords(definition, args, kwargs);
}

function checkKeywords(definition: TaskDefinition, args: Args, kwargs: Kwargs): void {
  const { least } = bounds(definition);
  const { params, schema } = definition.options;
  if (params === null || schema?.kwargs !== undefined) {
    // Keywords arrive as one last object, whatever their names.
    const given = args.length + (params === null && hasKeys(kwargs) ? 1 : 0);
    if (given < least) throw refusal(definition, `needs ${count(least)} but got ${String(given)}`);
    return;
  }
  for (const name of Object.keys(kwargs)) {
    const index = params.indexOf(name);
    if (index === -1) throw refusal(definition, `has no parameter "${name}"`);
    if (index < args.length) throw refusal(definition, `got several values for "${name}"`);
  }
  const missing = params.slice(args.length, least).filter((name) => !Object.hasOwn(kwargs, name));
  if (missing.length > 0) throw refusal(definition, `needs ${missing.map((name) => `"${name}"`).join(', ')}`);
}

function bounds(definition: TaskDefinition): Bounds {
  let known = boundsOf.get(definition);
  if (known === undefined) {
    known = countParameters(definition);
    boundsOf.set(definition, known);
  }
  return known;
}

function countParameters({ options, run }: TaskDefinition): Bounds {
  const { params, optionalParams, hasRestParam, bind, schema } = options;
  const beside = (bind ? 1 : 0) + (schema?.kwargs === undefined ? 0 : 1);
  // `length` stops at the first parameter with a default value.
  const needed = Math.max(0, run.length - beside);
  if (params === null) return { least: needed, most: Infinity };
  const firstOptional = params.findIndex((name) => optionalParams.includes(name));
  const least = firstOptional === -1 ? params.length : firstOptional;
  return { least: Math.min(least, needed), most: hasRestParam ? Infinity : params.length };
}

function refusal(definition: TaskDefinition, what: string): TypeError {
  const hint =
    definition.options.params === null
      ? '; a parameter that need not be given has a default value, or is declared: params: ["a", "b?"]'
      : '';
  return new TypeError(`task ${signatureText(definition)} ${what} (TASK-04)${hint}`);
}

/** `shop.resize(path, width, quality?)`. */
function signatureText({ name, options, run }: TaskDefinition): string {
  const { params, optionalParams, hasRestParam, bind } = options;
  if (params === null) return `${name}(${sourceOfParameters(run, bind)})`;
  const names = params.map((param) => (optionalParams.includes(param) ? `${param}?` : param));
  return `${name}(${[...names, ...(hasRestParam ? ['...'] : [])].join(', ')})`;
}

/** The parameters as the function's own text has them; for people, so what cannot be read is left out. */
function sourceOfParameters(run: TaskDefinition['run'], bind: boolean): string {
  const text = /^[^(]*\(([^()]*)\)/.exec(run.toString())?.[1]?.trim();
  if (text === undefined || text.includes('[native')) return '…';
  const parameters = text.split(',').map((parameter) => parameter.trim());
  return parameters.slice(bind ? 1 : 0).join(', ');
}

function count(parameters: number): string {
  return `${String(parameters)} argument${parameters === 1 ? '' : 's'}`;
}

function hasKeys(kwargs: Kwargs): boolean {
  for (const name in kwargs) if (Object.hasOwn(kwargs, name)) return true;
  return false;
}
