/**
 * How often a task may run beyond once (I4): each fault of the ledger brings a budget of repeats, the sum over all tasks
 * stays within the sum of budgets, and one task is repeated once for each fault in its lifetime. Without a fault nothing
 * runs twice.
 */
import { LedgerKind, LedgerOutcome, type LedgerRecord } from '../support/ledger-record.js';

/** A fault as the ledger tells it. */
export interface Fault {
  readonly number: number;
  readonly onNs: bigint;
  /** Null while it is on. */
  readonly offNs: bigint | null;
  readonly budget: number;
  /** Repeats of one task. */
  readonly perTask: number;
  /** Process that it befell; 0 where it is not one. */
  readonly pid: number;
  /** That process was stopped beyond its lease and went on. */
  readonly isZombie: boolean;
  isOnBetween(fromNs: bigint, toNs: bigint): boolean;
}

export interface TaskRuns {
  readonly taskNo: number;
  readonly starts: readonly LedgerRecord[];
  /** When it was sent, each time: a parent that runs again sends its children again, under the same ids (W6). */
  readonly sentNs: readonly bigint[];
}

export function faultsOf(records: readonly LedgerRecord[]): readonly Fault[] {
  const offs = new Map<number, bigint>();
  for (const { kind, taskNo, monoNs } of records) if (kind === LedgerKind.FAULT_OFF) offs.set(taskNo, monoNs);
  return records
    .filter(({ kind }) => kind === LedgerKind.FAULT_ON)
    .map(({ taskNo: number, monoNs: onNs, valueHash: budget, key: pid, attempt: perTask, outcome }): Fault => {
      const offNs = offs.get(number) ?? null;
      return {
        ...{ number, onNs, offNs, budget, perTask, pid },
        isZombie: outcome === LedgerOutcome.OK,
        isOnBetween: (fromNs, toNs) => onNs <= toNs && (offNs === null || offNs >= fromNs),
      };
    });
}

export function repeatsBeyondBudget(
  tasks: readonly TaskRuns[],
  faults: readonly Fault[],
): { readonly repeats: number; readonly budget: number; readonly lines: readonly string[] } {
  const budget = faults.reduce((sum, fault) => sum + fault.budget, 0);
  const lines: string[] = [];
  let repeats = 0;
  for (const { taskNo, starts, sentNs } of tasks) {
    // A fault that was over before the first run explains nothing; a run that is repeated publishes its retry again (W7).
    const bornNs = (sentNs.length > 1 ? sentNs[0] : starts[0]?.monoNs) ?? 0n;
    for (const runs of byAttempt(starts)) {
      const last = runs.at(-1);
      if (last === undefined || runs.length < 2) continue;
      repeats += runs.length - 1;
      const met = faults.filter((fault) => fault.budget > 0 && fault.isOnBetween(bornNs, last.monoNs));
      const allowed = met.reduce((sum, { perTask }) => sum + perTask, 0);
      if (runs.length - 1 > allowed)
        lines.push(
          `task ${String(taskNo)} ran ${String(runs.length)} times in the lifetime of ${String(met.length)} faults`,
        );
    }
  }
  if (repeats > budget) lines.push(`${String(repeats)} repeats, more than the ${String(budget)} that the faults allow`);
  return { repeats, budget, lines };
}

/** Runs of one message: a retry is another one. */
function byAttempt(starts: readonly LedgerRecord[]): readonly (readonly LedgerRecord[])[] {
  const groups = new Map<number, LedgerRecord[]>();
  for (const start of starts) groups.set(start.attempt, [...(groups.get(start.attempt) ?? []), start]);
  return [...groups.values()];
}
