/** The worker's lines about tasks (WORK-102), built only when somebody reads them. Host thread. */
import type { LeveledLogger } from '../ports/logger.js';
import type { TaskMessage } from '../protocol/task-message.js';
import { OutcomeKind } from '../task/outcome-record.js';
import type { LogRecord } from '../task/member-call.js';
import type { Request, RunEnd } from './request.js';

const WORD_OF_OUTCOME: Readonly<Record<OutcomeKind, string>> = {
  [OutcomeKind.SUCCESS]: 'succeeded',
  [OutcomeKind.FAILURE]: 'failed',
  [OutcomeKind.RETRY]: 'will be retried',
  [OutcomeKind.IGNORED]: 'ignored',
  [OutcomeKind.REJECTED]: 'rejected, dead-lettered',
  [OutcomeKind.REQUEUED]: 'rejected, delivered again',
  [OutcomeKind.UNREADABLE]: 'unreadable, dead-lettered',
};

const QUIET_OUTCOMES: ReadonlySet<OutcomeKind> = new Set([
  OutcomeKind.SUCCESS,
  OutcomeKind.RETRY,
  OutcomeKind.IGNORED,
  OutcomeKind.REQUEUED,
]);

export class TaskLog {
  readonly #logger: LeveledLogger;
  readonly #tellsProgress: boolean;

  constructor(logger: LeveledLogger) {
    this.#logger = logger;
    this.#tellsProgress = logger.isLevelEnabled('info');
  }

  received({ id, task }: TaskMessage): void {
    if (this.#tellsProgress) this.#logger.info({ taskId: id, taskName: task }, `task ${task}[${id}] received`);
  }

  /** Celery's levels (WORK-28): a task that cannot run is an error, a message that is no task a warning. */
  refused(message: TaskMessage | null, note: string, queue: string): void {
    const why = `from queue ${queue} does not run: ${note}`;
    if (message === null) this.#logger.warn({ taskId: null, queue }, `a message ${why}`);
    else this.#logger.error({ taskId: message.id, queue }, `task ${message.task}[${message.id}] ${why}`);
  }

  /** Revoked or expired: Celery's level for what was wanted so. */
  discarded({ id, task }: TaskMessage, reason: string): void {
    if (this.#tellsProgress)
      this.#logger.info({ taskId: id, taskName: task }, `discarding ${reason} task ${task}[${id}]`);
  }

  /** TASK-58 */
  repeated({ id, task }: TaskMessage): void {
    if (!this.#tellsProgress) return;
    this.#logger.info({ taskId: id, taskName: task }, `task ${task}[${id}] has succeeded before and is not run again`);
  }

  /** WORK-41, in Celery's words, which people search their logs for. */
  softTimeLimit({ id, task }: TaskMessage, limitMs: number): void {
    const text = `Soft time limit (${String(limitMs / 1_000)}s) exceeded for ${task}[${id}]`;
    this.#logger.warn({ taskId: id, taskName: task }, text);
  }

  /** Its end is settled: this is no failure of it, and none of whatever the member runs now. */
  failedLate({ id, task }: TaskMessage, note: string): void {
    const text = `task ${task}[${id}] failed after it had been given up: ${note}`;
    this.#logger.warn({ taskId: id, taskName: task }, text);
  }

  ended(request: Request, end: RunEnd): void {
    const { id, task } = request.message;
    const fields = { taskId: id, taskName: task };
    if (end.kind === 'time-limit') {
      // WORK-42
      const text = `Hard time limit (${String(end.error.limitSeconds)}s) exceeded for ${task}[${id}]`;
      this.#logger.error({ ...fields, err: end.error }, text);
      return;
    }
    if (end.kind !== 'outcome') {
      this.#logger.error({ ...fields, err: end.error }, `task ${task}[${id}]: ${end.error.message}`);
      return;
    }
    const { outcome, parts } = end;
    // An error of a kind that the task expects is no alarm (TASK-20).
    const isQuiet = QUIET_OUTCOMES.has(outcome) || parts.isExpected;
    if (isQuiet && !this.#tellsProgress) return;
    const seconds = (parts.runtimeUs / 1e6).toFixed(3);
    const note = parts.note === '' ? '' : `: ${parts.note}`;
    // "will be retried in 0.015 s" would read as the delay.
    const time = outcome === OutcomeKind.RETRY ? ` after a run of ${seconds} s` : ` in ${seconds} s`;
    const line = `task ${task}[${id}] ${WORD_OF_OUTCOME[outcome]}${time}${note}`;
    if (isQuiet) this.#logger.info(fields, line);
    else this.#logger.error(fields, line);
  }

  /** TASK-54: nothing but its state tells of the failure. */
  epilogueFailed({ id, task }: TaskMessage, why: string): void {
    this.#logger.error(
      { taskId: id, taskName: task },
      `task ${task}[${id}]: hooks and errbacks of its failure did not run to their end: ${why}`,
    );
  }

  /** TASK-54: nor was there anybody to run them. */
  epilogueSkipped({ id, task }: TaskMessage, why: string): void {
    this.#logger.error(
      { taskId: id, taskName: task },
      `task ${task}[${id}]: hooks and errbacks of its failure were not run: ${why}`,
    );
  }

  /** A line that the task itself wrote. */
  fromTask({ level, taskId, taskName, message, fields }: LogRecord): void {
    this.#logger[level]({ ...fields, taskId, taskName }, message);
  }
}
