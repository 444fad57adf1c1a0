/**
 * The hour itself: three arenas on one host, side by side. *wide*: usual rings, many asynchronous runs a member,
 * recycling by memory and age, ordering keys and caps. *tight*: rings of a few records, one run a member, recycling by
 * jobs. *runs*: `ThreadPool`. Nothing here depends on how long it takes but the deadlines.
 */
import { createSeededRandom } from '../../../core/kernel/random.js';
import { PLAIN_POOL } from '../../../core/ports/adapter.js';
import { GatedPool } from '../../../pools/gated-pool.js';
import { createPool } from '../../../pools/thread/adapter.js';
import { LanePool } from '../../../pools/thread/lane-pool.js';
import { Arena } from './arena.js';
import { judgeFlatness, takeSample, type Sample } from './flatness.js';
import { hourTable } from './hour-table.js';
import { RunArena } from './run-arena.js';

const PROGRAM = new URL('../../support/members/hour.js', import.meta.url);
/** Of a job, and of the driver that waits for room. A busy machine takes its time; what hangs, hangs for ever. */
const DEADLINE_MS = 60_000;
const BASE_BYTES = 17 * 2 ** 20;
const SAMPLE_EVERY_MS = 1_000;
/** From here on a run's first quarter is past the warm-up of the allocator. */
const LONG_MS = 4 * 60_000;
const TIGHT_RINGS = { tasksBytes: 2048, repliesBytes: 256, outcomesBytes: 1024, callsBytes: 256 };

export interface HourOptions {
  readonly seed: number;
  readonly durationMs: number;
  /** Takes a line a minute, and the table at the end. */
  readonly print: (line: string) => void;
}

/** Answers the violations: none is right. */
export async function runHour({ seed, durationMs, print }: HourOptions): Promise<readonly string[]> {
  const random = (salt: number) => createSeededRandom(seed * 8 + salt);
  const base = Buffer.alloc(BASE_BYTES);
  random(0).fill(base);
  const wide = new Arena(
    {
      name: 'wide',
      random: random(1),
      asyncPerMember: 16,
      deadlineMs: DEADLINE_MS,
      hasKeys: true,
      open: (handlers) =>
        new GatedPool(
          (inner) =>
            createPool({
              ...PLAIN_POOL,
              program: PROGRAM,
              data: null,
              size: 2,
              asyncPerMember: 16,
              maxMemoryPerMemberKib: 16 * 1024,
              maxAgeMs: 10_000,
              warmSpares: 1,
              handlers: inner,
            }),
          handlers,
        ),
    },
    base,
  );
  const tight = new Arena(
    {
      name: 'tight',
      random: random(2),
      asyncPerMember: 1,
      deadlineMs: DEADLINE_MS,
      hasKeys: false,
      open: (handlers) =>
        new LanePool({ programUrl: PROGRAM.href, size: 2, ringSizes: TIGHT_RINGS, maxTasksPerMember: 400 }, handlers),
    },
    base,
  );
  const runs = new RunArena(random(3), DEADLINE_MS);
  const arenas = [wide, tight, runs];
  await Promise.all(arenas.map((arena) => arena.start()));
  const startMs = performance.now();
  const samples: Sample[] = [];
  const violations = (): string[] => [...wide.ledger.violations, ...tight.ledger.violations, ...runs.violations];
  let minute = 0;
  const sampler = setInterval(() => {
    for (const arena of [wide, tight]) arena.checkTimes();
    const sample = takeSample(startMs);
    samples.push(sample);
    if (sample.atMs < (minute + 1) * 60_000) return;
    minute++;
    const jobs = wide.submittedCount + tight.submittedCount + runs.runs;
    print(
      `minute ${String(minute)}: ${String(jobs)} jobs, RSS ${sample.rssMib.toFixed(0)} MiB, ` +
        `${String(sample.handles)} handles, ${String(violations().length)} violations`,
    );
  }, SAMPLE_EVERY_MS);
  const end = setTimeout(() => {
    for (const arena of arenas) arena.stop();
  }, durationMs);
  await Promise.all(arenas.map((arena) => arena.drive()));
  clearTimeout(end);
  await Promise.all(arenas.map((arena) => arena.finish()));
  clearInterval(sampler);
  const flatness = judgeFlatness(samples, durationMs >= LONG_MS);
  for (const line of hourTable({ wide, tight, runs }, flatness)) print(line);
  return [...violations(), ...flatness.violations];
}
