/**
 * Judges a run by its ledger (reliability §4.2): what was confirmed has ended, what has ended is recorded once, repeats
 * stay within what the faults allow, nothing is left behind and nothing stood still. It knows the workload and the faults,
 * and nothing of the runtime. `test/chaos/ledger-checker.test.ts` shows that it sees planted bugs.
 */
import { LedgerKind, LedgerOutcome, pidOf, type LedgerRecord } from '../support/ledger-record.js';
import { repeatsBeyondBudget, faultsOf, type Fault } from './repeat-budget.js';

/** What the workload says of a task. */
export interface Expected {
  readonly outcome: typeof LedgerOutcome.OK | typeof LedgerOutcome.FAILURE;
  /** Hash of its value; of a failure it is not looked at. */
  readonly valueHash: number;
}

export interface Judged {
  readonly records: readonly LedgerRecord[];
  readonly expected: (taskNo: number) => Expected;
  /** Messages and requests left in the system when all is said to be done, by where they are (I11). */
  readonly leftovers: Readonly<Record<string, number>>;
  /** Longest time without an END while confirmed tasks were unfinished and no fault was on, ms (I12). */
  readonly livenessMs: number;
}

export interface Judgement {
  /** One line each, beginning with the invariant; empty when all hold. */
  readonly violations: readonly string[];
  readonly confirmed: number;
  /** Confirmed by nobody and run all the same (I3). */
  readonly recovered: number;
  readonly starts: number;
  readonly repeats: number;
  readonly budget: number;
}

/** What stands in the ledger of one task. */
interface TaskStory {
  confirmed: boolean;
  refused: boolean;
  /** Dead letter, revoked or expired. */
  disposed: boolean;
  readonly keys: Set<number>;
  /** Of each P_INVOKE. */
  readonly sentNs: bigint[];
  readonly starts: LedgerRecord[];
  readonly ends: LedgerRecord[];
  readonly seen: LedgerRecord[];
}

/** Lines of one invariant that are printed; the rest is counted. */
const MAX_LINES = 5;

export function judgeLedger(judged: Judged): Judgement {
  const stories = tell(judged.records);
  const faults = faultsOf(judged.records);
  const violations = new Violations();
  for (const [taskNo, story] of stories) {
    checkPublish(taskNo, story, violations);
    checkEnd(taskNo, story, judged.expected(taskNo), violations);
    checkOverlap(taskNo, story, faults, violations);
  }
  const runs = [...stories].map(([taskNo, { starts, sentNs }]) => ({ taskNo, starts, sentNs }));
  const { repeats, budget, lines } = repeatsBeyondBudget(runs, faults);
  for (const line of lines) violations.add('I4', line);
  for (const [where, count] of Object.entries(judged.leftovers)) {
    if (count !== 0) violations.add('I11', `${String(count)} left: ${where}`);
  }
  checkLiveness(judged, faults, violations);
  const all = [...stories.values()];
  return {
    violations: violations.lines(),
    confirmed: all.filter(({ confirmed }) => confirmed).length,
    recovered: all.filter(({ confirmed, starts }) => !confirmed && starts.length > 0).length,
    starts: runs.reduce((sum, { starts }) => sum + starts.length, 0),
    repeats,
    budget,
  };
}

function tell(records: readonly LedgerRecord[]): ReadonlyMap<number, TaskStory> {
  const stories = new Map<number, TaskStory>();
  for (const record of records) {
    if (record.kind === LedgerKind.FAULT_ON || record.kind === LedgerKind.FAULT_OFF) continue;
    let story = stories.get(record.taskNo);
    if (story === undefined) {
      story = newStory();
      stories.set(record.taskNo, story);
    }
    note(story, record);
  }
  return stories;
}

function newStory(): TaskStory {
  const lists = { keys: new Set<number>(), sentNs: [], starts: [], ends: [], seen: [] };
  return { confirmed: false, refused: false, disposed: false, ...lists };
}

function note(story: TaskStory, record: LedgerRecord): void {
  if (record.key !== 0) story.keys.add(record.key);
  switch (record.kind) {
    case LedgerKind.P_INVOKE:
      story.sentNs.push(record.monoNs);
      break;
    case LedgerKind.P_OK:
      story.confirmed = true;
      break;
    case LedgerKind.P_FAIL:
      story.refused = true;
      break;
    case LedgerKind.START:
      story.starts.push(record);
      break;
    case LedgerKind.END:
      story.ends.push(record);
      break;
    case LedgerKind.RESULT_SEEN:
      story.seen.push(record);
      break;
    case LedgerKind.DLQ:
    case LedgerKind.REVOKED:
    case LedgerKind.EXPIRED:
      story.disposed = true;
      break;
    default:
      break;
  }
}

/** I2, I3: what runs was asked for, under one id, and what was refused never runs. */
function checkPublish(taskNo: number, story: TaskStory, violations: Violations): void {
  if (story.starts.length > 0 && story.sentNs.length === 0)
    violations.add('I2', `task ${String(taskNo)} ran, and nobody sent it`);
  if (story.keys.size > 1) violations.add('I2', `task ${String(taskNo)} has ${String(story.keys.size)} ids`);
  if (story.refused && !story.confirmed && story.starts.length > 0)
    violations.add('I3', `task ${String(taskNo)} was refused to its sender and ran`);
}

/** I1, I6: what was confirmed has ended as the workload says, and its record is there, right, and the same for all time. */
function checkEnd(taskNo: number, story: TaskStory, expected: Expected, violations: Violations): void {
  const isFinal = story.ends.some(({ outcome }) => outcome === expected.outcome);
  const isOwed = story.confirmed || isFinal;
  if (story.confirmed && !isFinal && !story.disposed)
    violations.add('I1', `task ${String(taskNo)} was confirmed and has not ended`);
  if (isOwed && !story.disposed && story.seen.length === 0)
    violations.add('I6', `task ${String(taskNo)} has no result`);
  const [first] = story.seen;
  if (first === undefined) return;
  if (!story.disposed && first.outcome !== expected.outcome)
    violations.add('I6', `task ${String(taskNo)} is recorded with outcome ${String(first.outcome)}`);
  if (first.outcome === LedgerOutcome.OK && first.valueHash !== expected.valueHash)
    violations.add('I6', `task ${String(taskNo)} is recorded with another value`);
  const isStable = story.seen.every(({ outcome, writer }) => outcome === first.outcome && writer === first.writer);
  if (!isStable) violations.add('I6', `the result of task ${String(taskNo)} has changed after it was read`);
}

/**
 * I8: two runs of one message do not overlap, but for those of a process that was stopped and went on. A message that was
 * published twice (its confirm was lost, its parent or its earlier attempt ran again) is two.
 */
function checkOverlap(taskNo: number, story: TaskStory, faults: readonly Fault[], violations: Violations): void {
  const attempts = new Set(story.starts.map(({ attempt }) => attempt));
  const isRepeated = story.starts.length > attempts.size;
  const isPublishedOnce = story.sentNs.length < 2 && attempts.size === 1;
  if (!isRepeated || !isPublishedOnce || hasMetLostConfirm(story, faults)) return;
  const isZombie = ({ writer }: LedgerRecord): boolean =>
    faults.some((fault) => fault.isZombie && fault.pid === pidOf(writer));
  const spans = story.starts.flatMap((start) => {
    const isOfWriter = ({ writer, monoNs }: LedgerRecord): boolean => writer === start.writer && monoNs > start.monoNs;
    const end = story.ends.find(isOfWriter);
    const next = story.starts.find(isOfWriter);
    // Without an end before its writer's next start it died at an instant that nobody knows.
    const isCut = end === undefined || (next !== undefined && next.monoNs < end.monoNs);
    return isCut || isZombie(start) ? [] : [{ start, end }];
  });
  for (const [i, a] of spans.entries()) {
    const overlaps = spans.some((b, j) => {
      return j > i && a.start.monoNs < b.end.monoNs && b.start.monoNs < a.end.monoNs;
    });
    if (overlaps) violations.add('I8', `two runs of task ${String(taskNo)} overlap, and no fault explains it`);
  }
}

function hasMetLostConfirm({ starts, sentNs }: TaskStory, faults: readonly Fault[]): boolean {
  const [sent = 0n] = sentNs;
  const last = starts.at(-1)?.monoNs ?? sent;
  return faults.some((fault) => fault.perTask > 1 && fault.isOnBetween(sent, last));
}

/** I12: while something is left to do, something ends. */
function checkLiveness({ records, livenessMs }: Judged, faults: readonly Fault[], violations: Violations): void {
  const owed = new Set<number>();
  let lastNs: bigint | null = null;
  let idleMs = 0;
  for (const { kind, taskNo, outcome, monoNs } of records) {
    if (owed.size > 0 && lastNs !== null && !faults.some((fault) => fault.isOnBetween(lastNs ?? monoNs, monoNs)))
      idleMs += Number(monoNs - lastNs) / 1e6;
    if (idleMs > livenessMs) {
      violations.add(
        'I12',
        `nothing ended for ${String(Math.round(idleMs))} ms while ${String(owed.size)} tasks waited`,
      );
      idleMs = 0;
    }
    lastNs = monoNs;
    if (kind === LedgerKind.P_OK) owed.add(taskNo);
    if (kind === LedgerKind.END) idleMs = 0;
    if (kind === LedgerKind.END && outcome !== LedgerOutcome.RETRY) owed.delete(taskNo);
  }
}

class Violations {
  readonly #byInvariant = new Map<string, string[]>();

  add(invariant: string, line: string): void {
    const lines = this.#byInvariant.get(invariant) ?? [];
    this.#byInvariant.set(invariant, lines);
    lines.push(`${invariant} ${line}`);
  }

  lines(): readonly string[] {
    return [...this.#byInvariant].flatMap(([invariant, lines]) =>
      lines.length <= MAX_LINES
        ? lines
        : [...lines.slice(0, MAX_LINES), `${invariant} and ${String(lines.length - MAX_LINES)} more`],
    );
  }
}
