/**
 * Runs what comes over the pipe. The host hands over one job at a time until that one waits or has ended, so there is no
 * queue here: a job is told as started, run, and its outcome is on its way before the next frame is looked at. Main thread
 * of a child.
 */
import type { Clock } from '../../../core/kernel/clock.js';
import { failpoints } from '../../../core/kernel/failpoint.js';
import type { MemberOutcome, MemberProgram } from '../../../core/ports/member-program.js';
import type { CleanContext } from '../../clean-context.js';
import { Guard } from '../../guard.js';
import { FrameKind, NO_TICKET, type AbortReason, type Frame } from '../frame.js';
import type { Aborts } from './aborts.js';
import { sendFrame } from './channel.js';
import { Run, type RunParts } from './run.js';

export interface RunnerParts {
  readonly clock: Clock;
  readonly aborts: Aborts;
  /** Of what a run enters nothing is left to the next one. */
  readonly context: CleanContext;
  /** Every outcome tells the resident memory: a look costs 10 µs. */
  readonly watchesMemory: boolean;
  /** Ends the child; does not return. */
  readonly onBroken: (error: unknown) => void;
}

export class Runner {
  readonly #parts: RunnerParts;
  readonly #program: MemberProgram;
  readonly #running = new Map<number, Run>();
  readonly #aborts: Aborts;
  readonly #shared: RunParts;
  /** The run whose synchronous part is on the stack. */
  #current: Run | null = null;

  constructor(program: MemberProgram, parts: RunnerParts) {
    this.#program = program;
    this.#parts = parts;
    this.#aborts = parts.aborts;
    this.#aborts.onAbort((ticket: number, reason: AbortReason) => {
      this.#running.get(ticket)?.requestAbort(reason);
    });
    const guard = new Guard(parts.clock, {
      strike: () => {
        sendFrame(FrameKind.STRUCK, {});
      },
      broken: parts.onBroken,
    });
    this.#shared = {
      guard,
      look: () => {
        this.#aborts.look();
      },
    };
  }

  /** Code of a run was interrupted. */
  get wasInterrupted(): boolean {
    return this.#shared.guard.hasStruck;
  }

  /** The run that whoever asks belongs to; 0 when that cannot be told. */
  get currentTicket(): number {
    const run = this.#current ?? this.#program.currentJob?.() ?? null;
    if (run instanceof Run) return run.ticket;
    const [only] = this.#running.keys();
    return this.#running.size === 1 && only !== undefined ? only : NO_TICKET;
  }

  run(frame: Frame): void {
    // Who was struck runs nothing new: the host has heard of it, and gives the job to another.
    if (this.#shared.guard.hasStruck) return;
    const { clock, context } = this.#parts;
    const startedMs = clock.nowMonoMs();
    const run = new Run(frame, startedMs, this.#shared);
    const early = this.#aborts.begin(run.ticket);
    this.#running.set(run.ticket, run);
    if (early !== null) run.requestAbort(early);
    // Before the program sees it: a job whose start the host has not read never began.
    sendFrame(FrameKind.STARTED, { id: run.ticket, value: startedMs });
    failpoints?.reach('afterRecordBeforeRun');
    this.#current = run;
    let outcome: MemberOutcome | Promise<MemberOutcome>;
    try {
      outcome = this.#program.run(run);
    } catch (error) {
      this.#parts.onBroken(error);
      return;
    }
    this.#current = null;
    if (context.isDirty) context.clean();
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
}
