/**
 * The faults of a chaos run on SQLite, one row each: how often tasks may run again because of it, and how it is done. Each
 * row is also a line of the report. Failpoints give one row each, made from the list in the code, so a new point is met
 * here without anybody thinking of it.
 */
import { FAILPOINTS, type FailpointName } from '../../core/kernel/failpoint.js';
import type { Nemesis } from './nemesis.js';
import { CONCURRENCY, PREFETCH } from './worker-size.js';

/**
 * A repeated run publishes again what it had published: one retry or two children, under the same ids (W6, W7). So P
 * deliveries that come again are up to 3 P starts.
 */
const REPEATS_OF_PROCESS = 3 * PREFETCH;
const REPEATS_OF_MEMBERS = 3 * CONCURRENCY;

export interface FaultRow {
  readonly id: string;
  /** Most runs beyond the first that it may cause. */
  readonly budget: number;
  /** Of these, of one task. @defaultValue 1 */
  readonly perTask?: number;
  /** A process that it stops goes on later, and ends what it had begun. */
  readonly isZombie?: boolean;
  /** Does it while tasks run; resolves when it is over, with whether it has happened. */
  readonly inject: (nemesis: Nemesis) => Promise<boolean>;
}

/** Points that are reached once or twice in a burst; the others are left to pass some times. */
const RARE: ReadonlySet<FailpointName> = new Set([
  'afterChildrenBeforeResult',
  'afterSuccessorsBeforeResult',
  'afterPublishBeforeConfirm',
  'beforeDeadLetterAck',
]);

const MOST_BURSTS = 4;
/** Bursts that a run keeps in hand for faults that take more than one. */
export const SPARE_BURSTS = 4;

function killAt(name: FailpointName): FaultRow {
  return {
    id: `kill at ${name}`,
    budget: REPEATS_OF_PROCESS,
    inject: async (nemesis) => {
      const nth = 1 + nemesis.random.below(RARE.has(name) ? 1 : 4);
      const victim = await nemesis.replaceWorker(`${name}:kill:#${String(nth)}`);
      // The few tasks of a burst that come by a rare point may all have gone to another worker.
      for (let bursts = RARE.has(name) ? MOST_BURSTS : 1; bursts > 0; bursts--) {
        await nemesis.burst();
        if (await nemesis.diesOf(victim, 'SIGKILL')) return true;
      }
      return false;
    },
  };
}

export const FAULTS: readonly FaultRow[] = [
  {
    id: 'W1 SIGKILL of a worker',
    budget: REPEATS_OF_PROCESS,
    inject: async (nemesis) => {
      await nemesis.burst();
      await nemesis.shortPause();
      return nemesis.killWorker('SIGKILL');
    },
  },
  {
    id: 'W2 SIGTERM of a worker',
    budget: 0,
    inject: async (nemesis) => {
      await nemesis.burst();
      await nemesis.shortPause();
      return nemesis.killWorker('SIGTERM');
    },
  },
  {
    id: 'W4 SIGSTOP beyond the lease, then SIGCONT',
    budget: REPEATS_OF_PROCESS,
    isZombie: true,
    inject: async (nemesis) => {
      await nemesis.burst();
      await nemesis.shortPause();
      return nemesis.stopAndContinue(4_500);
    },
  },
  {
    id: 'N1 a host hangs beyond the lease, then dies',
    budget: REPEATS_OF_PROCESS,
    inject: async (nemesis) => {
      const victim = await nemesis.replaceWorker(
        `afterClaimBeforeDispatch:hang:#${String(1 + nemesis.random.below(3))}`,
      );
      await nemesis.burst();
      return nemesis.hangsAndDies(victim, 4_500);
    },
  },
  {
    id: 'T2 members exit',
    // The members that take their place end after as many tasks, too.
    budget: 5 * REPEATS_OF_MEMBERS,
    inject: async (nemesis) => {
      const nth = 8 + nemesis.random.below(6);
      const victim = await nemesis.replaceWorker(`afterRecordBeforeRun:exit:#${String(nth)}`);
      await nemesis.burst();
      return nemesis.losesMember(victim);
    },
  },
  {
    id: 'S4 another process holds the write lock, 20 times 100 ms',
    budget: 0,
    inject: async (nemesis) => {
      await nemesis.burst();
      return nemesis.lockStorm(20, 100);
    },
  },
  {
    id: 'S2 one commit in twenty fails',
    budget: 0,
    inject: async (nemesis) => {
      await nemesis.replaceWorker(`beforeSqliteCommit:throw:1/20@${String(nemesis.random.below(1_000))}`);
      await nemesis.burst();
      await nemesis.burstEnds();
      return true;
    },
  },
  {
    id: 'D2 one commit in four takes 60 ms',
    budget: 0,
    inject: async (nemesis) => {
      await nemesis.replaceWorker(`afterSqliteCommit:delay=60:1/4@${String(nemesis.random.below(1_000))}`);
      await nemesis.burst();
      await nemesis.burstEnds();
      return true;
    },
  },
  {
    id: 'D3 one store and one settle in three succeeds, and its answer is lost',
    budget: 0,
    inject: async (nemesis) => {
      const seed = String(nemesis.random.below(1_000));
      await nemesis.replaceWorker(`afterResultBeforeAck:throw:1/3@${seed},afterAckBeforeRelease:throw:1/3@${seed}`);
      await nemesis.burst();
      await nemesis.burstEnds();
      return true;
    },
  },
  {
    id: 'B9 one confirm in three is lost',
    // A publish is tried again until its confirm comes, a retry of a retry is published by each of its copies.
    budget: 3 * REPEATS_OF_PROCESS,
    perTask: 15,
    inject: async (nemesis) => {
      await nemesis.replaceWorker(`afterPublishBeforeConfirm:throw:1/3@${String(nemesis.random.below(1_000))}`);
      await nemesis.burst();
      await nemesis.burstEnds();
      return true;
    },
  },
  {
    id: 'P1 SIGKILL of a producer',
    budget: 0,
    inject: (nemesis) => nemesis.killProducer(),
  },
  ...FAILPOINTS.map(killAt),
];
