/**
 * Names of nodes and of their files (APP-39). A node is `name@host`; in a name `%h` is the host, `%n` its short name, `%d`
 * its domain; in the path of a log or pid file `%p` is the node, `%n` its name. In both `%i` is the number of the process
 * among those of one command, from 1, and `%I` the same with a dash; 0 and nothing where there is one, and for the
 * supervisor.
 */

/** Name of a node without one. */
const DEFAULT_NAME = 'celery';

type Keys = Readonly<Record<string, string>>;

function expand(template: string, keys: Keys): string {
  return template.replace(/%([A-Za-z%])/g, (whole, key: string) => keys[key] ?? whole);
}

function keysOf(host: string, index: number): Keys {
  const [short = '', ...domain] = host.split('.');
  const dashed = index === 0 ? '' : `-${String(index)}`;
  return { h: host, n: short, d: domain.join('.'), i: String(index), I: dashed, '%': '%' };
}

/**
 * The node that `-n` means on this host: `w1@%h` → `w1@box.example.com`; a template without `@` is a host, as in Celery.
 * @param host full name of the machine.
 * @param index number of the process; one whose template has no place for it gets it behind the name: `w1-2@box`.
 */
export function nodeName(template: string, host: string, index = 0): string {
  const at = template.indexOf('@');
  const [name, place] = at === -1 ? [DEFAULT_NAME, template] : [template.slice(0, at), template.slice(at + 1)];
  const keys = keysOf(host, index);
  const numbered = index === 0 || namesProcess(template) ? name : `${name === '' ? DEFAULT_NAME : name}%I`;
  return `${expand(numbered === '' ? DEFAULT_NAME : numbered, keys)}@${expand(place === '' ? host : place, keys)}`;
}

/** Whether a template of a name or file has a place for the number of the process. */
function namesProcess(template: string): boolean {
  return /%[iI]/.test(template.replaceAll('%%', ''));
}

/** Whether the processes of one command get files of their own by this template. */
export function isFilePerNode(template: string): boolean {
  return /%[iInp]/.test(template.replaceAll('%%', ''));
}

/** The file of a node: `/var/log/%n.log` → `/var/log/w1.log`. */
export function nodeFile(template: string, node: string, index = 0): string {
  const at = node.indexOf('@');
  const keys = { ...keysOf(node.slice(at + 1), index), n: node.slice(0, at), p: node };
  return expand(template, keys);
}
