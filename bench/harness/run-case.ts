/** From the settings of a run to a case's context and its findings; prints as it goes. */
import type { BenchCase, BenchContext, Finding } from './bench-case.js';
import { describeCase, describeFinding, type CaseReport } from './report.js';

export interface BenchPlan {
  readonly isQuick: boolean;
  readonly sampleCount: number;
  readonly warmupCount: number;
}

/** Where lines go: the report is the answer, progress is not. */
export interface BenchOutput {
  answer(line: string): void;
  progress(line: string): void;
}

/** @param sampleCount null for the usual number */
export function createPlan(isQuick: boolean, sampleCount: number | null = null): BenchPlan {
  if (isQuick) return { isQuick, sampleCount: sampleCount ?? 3, warmupCount: 0 };
  return { isQuick, sampleCount: sampleCount ?? 7, warmupCount: 2 };
}

export async function runCase(benchCase: BenchCase, plan: BenchPlan, output: BenchOutput): Promise<CaseReport> {
  const { name, question, topology, metric } = benchCase;
  output.answer(describeCase(benchCase));
  const context: BenchContext = {
    ...plan,
    metric,
    size: (full, quick) => (plan.isQuick ? quick : full),
    log: (line) => {
      output.progress(`${name}: ${line}`);
    },
  };
  const findings = await benchCase.run(context);
  for (const finding of findings) output.answer(describeFinding(plan.isQuick ? withoutGoal(finding) : finding));
  return { name, question, topology, findings };
}

/** A tiny run reaches no goal and misses none. */
function withoutGoal(finding: Finding): Finding {
  switch (finding.kind) {
    case 'comparison':
      return { ...finding, goalRatio: null };
    case 'ranking':
      return { ...finding, goalRatio: null, goal: null };
    default:
      return { ...finding, goal: null };
  }
}
