/** The conditions of `exports` and `imports` under which this process resolves an import, as Node computes them. */

/** `--conditions` of the command line and of NODE_OPTIONS included. Read at each call: a compilation, not a message. */
export function importConditions(): ReadonlySet<string> {
  const flags = [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(/\s+/)];
  const conditions = new Set(['node', 'import', 'module-sync']);
  if (!flags.includes('--no-addons')) conditions.add('node-addons');
  flags.forEach((flag, at) => {
    const [name, value] = flag.split('=', 2);
    if (name === '--conditions' || name === '-C') conditions.add(value ?? flags[at + 1] ?? 'node');
  });
  return conditions;
}
