/**
 * Runs what comes over the pipe. The host hands over one job at a time until that one waits or has ended, so there is no
 * queue here: a job is told as started, run, and its outcome is on its way before the next frame is looked at. Main thread
 * of a child.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../../../core/kernel/clock.js';
import { failpoints } from '../../../core/kernel/failpoint.js';
import type { MemberOutcome, MemberProgram } from '../../../core/ports/member-program.js';
import { FrameKind, NO_TICKET, type AbortReason, type Frame } from '../frame.js';
import { Aborts } from './aborts.js';
import { sendFrame } from './channel.js';
import { Run } from './run.js';

export interface RunnerParts {
  readonly clock: Clock;
  /** Every outcome tells the resident memory: a look costs 10 µs. */
  readonly watchesMemory: boolean;
  /** Ends the child; does not return. */
  readonly onBroken: (error: unknown) => void;
}

export class Runner {
  readonly #parts: RunnerParts;
  readonly #program: MemberProgram;
  readonly #running = new Map<number, Run>();
  readonly #around = new AsyncLocalStorage<Run>();
  readonly #aborts: Aborts;

  constructor(program: MemberProgram, parts: RunnerParts) {
    this.#program = program;
    this.#parts = parts;
    this.#aborts = new Aborts((ticket: number, reason: AbortReason) => {
      this.#running.get(ticket)?.requestAbort(reason);
    });
  }

  /** The run that whoever asks belongs to; 0 when that cannot be told. */
  get currentTicket(): number {
    const run = this.#around.getStore();
    if (run !== undefined) return run.ticket;
    const [only] = this.#running.keys();
    return this.#running.size === 1 && only !== undefined ? only : NO_TICKET;
  }

  run(frame: Frame): void {
    const { clock } = this.#parts;
    const run = new Run(frame, this.#look);
    const early = this.#aborts.begin(run.ticket);
    this.#running.set(run.ticket, run);
    if (early !== null) run.requestAbort(early);
    const startedMs = clock.nowMonoMs();
    // Before the program sees it: a job whose start the host has not read never began.
    sendFrame(FrameKind.STARTED, { id: run.ticket, value: startedMs });
    failpoints?.reach('afterRecordBeforeRun');
    let outcome: MemberOutcome | Promise<MemberOutcome>;
    try {
      outcome = this.#around.run(run, () => this.#program.run(run));
    } catch (error) {
      this.#parts.onBroken(error);
      return;
    }
    const busyUs = Math.max(0, Math.round((clock.nowMonoMs() - startedMs) * 1_000));
    if (!(outcome instanceof Promise)) {
      this.#end(run, outcome, busyUs);
      return;
    }
    sendFrame(FrameKind.AWAITING, { id: run.ticket, ref: busyUs });
    outcome.then((settled) => {
      this.#end(run, settled, 0);
    }, this.#parts.onBroken);
  }

  #end(
    run: Run,
    { kind, payload, payloadStart = 0, payloadEnd = payload.length }: MemberOutcome,
    busyUs: number,
  ): void {
    this.#running.delete(run.ticket);
    const rssKib = this.#parts.watchesMemory ? process.memoryUsage.rss() / 1024 : 0;
    failpoints?.reach('ringReserved');
    sendFrame(
      FrameKind.OUTCOME,
      { programKind: kind, id: run.ticket, ref: busyUs, value: rssKib },
      payload.subarray(payloadStart, payloadEnd),
    );
    failpoints?.reach('ringCommitted');
  }

  readonly #look = (): void => {
    this.#aborts.look();
  };
}
