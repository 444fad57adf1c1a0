/**
 * `npm run chaos -- --level quick|full --seed N [--transport sqlite|memory]`: tasks, workers, a seeded schedule of faults,
 * and the checker's verdict. Prints the seed first and last: the same seed gives the same plan and the same workload.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

export interface ChaosLevel {
  readonly tasks: number;
  /** Faults of the plan; each row of the table stands in it once at least. */
  readonly faults: number;
}

const LEVELS: Readonly<Record<string, ChaosLevel>> = {
  quick: { tasks: 2_000, faults: 0 },
  full: { tasks: 20_000, faults: 100 },
};

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      level: { type: 'string', default: 'quick' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      transport: { type: 'string', default: 'sqlite' },
    },
  });
  const level = LEVELS[values.level];
  const seed = Number(values.seed);
  if (level === undefined || !Number.isSafeInteger(seed) || !['sqlite', 'memory'].includes(values.transport)) {
    console.error('usage: npm run chaos -- [--level quick|full] [--seed N] [--transport sqlite|memory]');
    return 2;
  }
  const again = `npm run chaos -- --level ${values.level} --seed ${String(seed)} --transport ${values.transport}`;
  console.log(`seed ${String(seed)}: ${again}`);
  const folder = mkdtempSync(join(tmpdir(), 'celeriac-chaos-'));
  // The app module reads them when it is loaded, here and in the workers.
  process.env['CHAOS_FOLDER'] = folder;
  if (values.transport === 'memory') process.env['CHAOS_BROKER'] = `memory://chaos-${String(seed)}`;
  const { runOnMemory } = await import('./memory-run.js');
  const { runOnSqlite } = await import('./sqlite-run.js');
  const run = values.transport === 'memory' ? runOnMemory : runOnSqlite;
  // One pair of members in place of two.
  const tasks = values.transport === 'memory' ? Math.floor(level.tasks / 3) : level.tasks;
  const isSound = await run({ ...level, tasks, seed, folder, print: console.log });
  if (isSound) rmSync(folder, { recursive: true, force: true });
  else console.log(`the ledger is kept in ${folder}`);
  console.log(`${isSound ? 'sound' : 'UNSOUND'}: seed ${String(seed)}`);
  return isSound ? 0 : 1;
}

void main().then((code) => process.exit(code));
