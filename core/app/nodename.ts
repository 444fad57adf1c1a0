/** Names of nodes, and their expansion in file names (APP-39). */
import { hostname } from 'node:os';

const SEPARATOR = '@';

/** `celery@host`; a name without `@` is the host part's, one with `@` is whole. */
export function nodename(name: string | null = null, host: string = hostname()): string {
  return `${name ?? 'celery'}${SEPARATOR}${host}`;
}

/** `['worker', 'host.example']`. */
export function nodesplit(name: string): readonly [name: string | null, host: string] {
  const at = name.indexOf(SEPARATOR);
  return at === -1 ? [null, name] : [name.slice(0, at), name.slice(at + 1)];
}

/**
 * `%h` host name, `%n` its name without domain, `%d` domain, `%%` a percent sign, in the name of a worker (`-n`).
 * Without `@` the text is the name part, as `-n w1`.
 */
export function expandNodename(text: string, host: string = hostname()): string {
  const [short = host, ...rest] = host.split('.');
  const values: Readonly<Record<string, string>> = { h: host, n: short, d: rest.join('.'), '%': '%' };
  const expanded = expand(text, values);
  return expanded.includes(SEPARATOR) ? expanded : nodename(expanded === '' ? null : expanded, host);
}

/**
 * The same in names of log and pid files: `%p` the node's full name, `%n` its name, `%h` host, `%d` domain, `%i` number of
 * the member (0 on the host), `%I` the same with a dash before it (nothing on the host).
 */
export function expandFileName(text: string, node: string, member = 0): string {
  const [name, host] = nodesplit(node);
  const [, ...domain] = host.split('.');
  return expand(text, {
    p: node,
    h: host,
    n: name ?? host,
    d: domain.join('.'),
    i: String(member),
    I: member === 0 ? '' : `-${String(member)}`,
    '%': '%',
  });
}

function expand(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/%(.)/g, (whole, letter: string) => values[letter] ?? whole);
}
