/**
 * Names of nodes and of their files (APP-39). A node is `name@host`; in a name `%h` is the host, `%n` its short name, `%d`
 * its domain; in the path of a log or pid file `%p` is the node, `%n` its name, `%i` and `%I` stand for the process
 * itself (0 and nothing).
 */

/** Name of a node without one. */
const DEFAULT_NAME = 'celery';

type Keys = Readonly<Record<string, string>>;

function expand(template: string, keys: Keys): string {
  return template.replace(/%([A-Za-z%])/g, (whole, key: string) => keys[key] ?? whole);
}

function hostKeys(host: string): Keys {
  const [short = '', ...domain] = host.split('.');
  return { h: host, n: short, d: domain.join('.'), '%': '%' };
}

/**
 * The node that `-n` means on this host: `w1@%h` → `w1@box.example.com`; a template without `@` is a host, as in Celery.
 * @param host full name of the machine.
 */
export function nodeName(template: string, host: string): string {
  const at = template.indexOf('@');
  const [name, place] = at === -1 ? [DEFAULT_NAME, template] : [template.slice(0, at), template.slice(at + 1)];
  return `${expand(name === '' ? DEFAULT_NAME : name, hostKeys(host))}@${expand(place === '' ? host : place, hostKeys(host))}`;
}

/** The file of a node: `/var/log/%n%I.log` → `/var/log/w1.log`. */
export function nodeFile(template: string, node: string): string {
  const at = node.indexOf('@');
  const keys = { ...hostKeys(node.slice(at + 1)), n: node.slice(0, at), p: node, i: '0', I: '' };
  return expand(template, keys);
}
