/** What a chaos run prints: the table of faults with what each has caused, the sums, and every violation. */
import { LedgerKind, type LedgerRecord } from '../support/ledger-record.js';
import type { Judgement } from './ledger-checker.js';
import { faultsOf } from './repeat-budget.js';

export interface FaultReport {
  readonly number: number;
  readonly id: string;
  readonly budget: number;
  readonly hasStruck: boolean;
}

export function printReport(run: {
  readonly reports: readonly FaultReport[];
  readonly judgement: Judgement;
  readonly records: readonly LedgerRecord[];
  readonly print: (line: string) => void;
}): void {
  const { reports, judgement, records, print } = run;
  const repeats = repeatsByFault(records);
  const byId = new Map<string, { times: number; struck: number; repeats: number; budget: number }>();
  for (const { number, id, budget, hasStruck } of reports) {
    const sum = byId.get(id) ?? { times: 0, struck: 0, repeats: 0, budget: 0 };
    byId.set(id, sum);
    sum.times++;
    sum.struck += hasStruck ? 1 : 0;
    sum.repeats += repeats.get(number) ?? 0;
    sum.budget += budget;
  }
  print(`\n${'fault'.padEnd(72)} planned  struck  repeats  budget`);
  for (const [id, { times, struck, repeats: caused, budget }] of byId) {
    const cells = [
      String(times).padStart(7),
      String(struck).padStart(7),
      String(caused).padStart(8),
      String(budget).padStart(7),
    ];
    print(`${id.padEnd(72)} ${cells.join(' ')}`);
  }
  const { confirmed, recovered, starts, violations } = judgement;
  print(
    `\n${String(confirmed)} confirmed, ${String(recovered)} recovered, ${String(starts)} runs, ` +
      `${String(judgement.repeats)} repeats of ${String(judgement.budget)} allowed, ${String(violations.length)} violations`,
  );
  for (const violation of violations) print(`VIOLATION ${violation}`);
}

/** Runs of a message beyond its first, each counted for the last fault of its lifetime that may repeat anything. */
function repeatsByFault(records: readonly LedgerRecord[]): ReadonlyMap<number, number> {
  const faults = faultsOf(records).filter(({ budget }) => budget > 0);
  /** First start of each task. */
  const born = new Map<number, bigint>();
  const seen = new Set<string>();
  const repeats = new Map<number, number>();
  for (const { kind, taskNo, attempt, monoNs } of records) {
    if (kind !== LedgerKind.START) continue;
    const run = `${String(taskNo)}:${String(attempt)}`;
    const bornNs = born.get(taskNo) ?? monoNs;
    born.set(taskNo, bornNs);
    if (seen.has(run)) {
      const fault = faults.findLast((one) => one.isOnBetween(bornNs, monoNs))?.number ?? 0;
      repeats.set(fault, (repeats.get(fault) ?? 0) + 1);
    }
    seen.add(run);
  }
  return repeats;
}
