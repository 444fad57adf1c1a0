/**
 * `taskRoutes` as rules (ROUTE-05 to 07): name → where it goes. Whatever a rule answers first counts; inside one map an
 * exact name stands above patterns, which are tried in order. Client, host and member.
 */
import { ConfigError } from '../kernel/errors.js';
import type { Queue } from './queue.js';

/** What a route says: a queue, or options of the call (`queue`, `routingKey`, `priority`, `serializer` …). */
export type Route = string | Queue | Readonly<Record<string, unknown>>;

/** What a router function is told of a call. */
export interface RoutedCall {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
  /** Kind of the task as the caller names it (`taskType`), else null. */
  readonly task: unknown;
}

/** What a router function is called with (ROUTE-06). */
export type RouterArguments = [
  name: string,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
  options: Readonly<Record<string, unknown>>,
  task: unknown,
];

/** A router of the user; null leaves the call to the next rule. May be asynchronous. */
export type RouterFunction = (...call: RouterArguments) => Route | null | undefined | Promise<Route | null | undefined>;

type Answer = Route | null | undefined | Promise<Route | null | undefined>;

export interface RouteRule {
  find(name: string, call: RoutedCall): Answer;
}

/** Loads what a module path in `taskRoutes` names. */
export type LoadRoutes = (specifier: string) => Promise<unknown>;

/** @throws ConfigError for what is no route. */
export function routeRules(routes: unknown, load: LoadRoutes): readonly RouteRule[] {
  if (routes === null || routes === undefined) return [];
  if (!Array.isArray(routes)) return [ruleOf(routes, load)];
  return (routes as readonly unknown[]).map((item) => (isPair(item) ? new MapRule([item]) : ruleOf(item, load)));
}

function ruleOf(value: unknown, load: LoadRoutes): RouteRule {
  if (typeof value === 'function') {
    const route = value as RouterFunction;
    return { find: (name, { args, kwargs, options, task }) => route(name, args, kwargs, options, task) };
  }
  if (typeof value === 'string') return new ModuleRule(value, load);
  if (Array.isArray(value) && value.every(isPair)) return new MapRule(value);
  if (value instanceof Map) return new MapRule([...value.entries()] as Pair[]);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return new MapRule(Object.entries(value) as Pair[]);
  }
  throw new ConfigError('taskRoutes must be a map, a function, a module path or a list of these (ROUTE-05)');
}

type Pair = readonly [pattern: string | RegExp, route: Route | null];

function isPair(value: unknown): value is Pair {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [pattern, route] = value as readonly unknown[];
  if (pattern instanceof RegExp) return true;
  return typeof pattern === 'string' && (typeof route === 'object' || typeof route === 'string');
}

class MapRule implements RouteRule {
  readonly #exact = new Map<string, Route | null>();
  readonly #patterns: (readonly [RegExp, Route | null])[] = [];

  constructor(pairs: readonly Pair[]) {
    for (const [pattern, route] of pairs) {
      if (pattern instanceof RegExp) this.#patterns.push([anchored(pattern), route]);
      // Only a star makes a glob: `shop.[a]` is a name (ROUTE-05).
      else if (pattern.includes('*')) this.#patterns.push([glob(pattern), route]);
      else this.#exact.set(pattern, route);
    }
  }

  find(name: string): Route | null {
    const exact = this.#exact.get(name);
    if (exact !== undefined) return exact;
    for (const [pattern, route] of this.#patterns) if (pattern.test(name)) return route;
    return null;
  }
}

/** A rule of another module, which is loaded by the first call. */
class ModuleRule implements RouteRule {
  readonly #specifier: string;
  readonly #load: LoadRoutes;
  #loading: Promise<void> | null = null;
  #rules: readonly RouteRule[] | null = null;

  constructor(specifier: string, load: LoadRoutes) {
    this.#specifier = specifier;
    this.#load = load;
  }

  find(name: string, call: RoutedCall): Answer {
    if (this.#rules !== null) return firstAnswer(this.#rules, name, call);
    this.#loading ??= this.#read();
    return this.#loading.then(() => firstAnswer(this.#rules ?? [], name, call));
  }

  async #read(): Promise<void> {
    try {
      this.#rules = routeRules(await this.#load(this.#specifier), this.#load);
    } catch (error) {
      this.#loading = null;
      throw error;
    }
  }
}

/** The first answer of the rules in their order; a promise only where a rule needs one. */
export function firstAnswer(rules: readonly RouteRule[], name: string, call: RoutedCall): Answer {
  for (const [index, rule] of rules.entries()) {
    const answer = rule.find(name, call);
    if (answer instanceof Promise) {
      return answer.then((route) => route ?? firstAnswer(rules.slice(index + 1), name, call));
    }
    if (answer !== null && answer !== undefined) return answer;
  }
  return null;
}

/** Anchored at the start only, as Python's `match`. */
function anchored({ source, flags }: RegExp): RegExp {
  return new RegExp(`^(?:${source})`, flags.replace(/[gy]/g, ''));
}

/** `*` any text, `?` one character, `[ab]`, `[!ab]`: Python's fnmatch. */
function glob(pattern: string): RegExp {
  const parts = pattern.replace(/[.+^${}()|\\]/g, String.raw`\$&`);
  const translated = parts.replaceAll('*', '.*').replaceAll('?', '.').replaceAll('[!', '[^');
  return new RegExp(`^${translated}$`, 's');
}
