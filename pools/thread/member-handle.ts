/**
 * One member's life as the host sees it: a Worker thread, its lane, and a state.
 *
 *     spawning ──► ready ──► retiring ──► closing ──► gone       retiring: gets no more jobs, ends those it has
 *         └──────────┴───────────┴───────────┴──► terminating ──► gone      closing: the program's close() runs
 *
 * `gone` comes exactly once, by the thread's exit or because it did not end in time (a native call cannot be
 * interrupted: T9), and after it nothing of this epoch is ever looked at again.
 */
import { inspect } from 'node:util';
import type { Worker } from 'node:worker_threads';
import type { Clock } from '../../core/kernel/clock.js';
import { PoolError, WorkerLostError } from '../../core/kernel/errors.js';
import type { MemberSnapshot, PoolHandlers, RetireCause } from '../../core/ports/pool.js';
import { HostCommand } from '../ring/status-block.js';
import { DeafWatch } from './deaf-watch.js';
import type { DrainedMember } from './lane-drain.js';
import type { InFlightEntry } from './in-flight.js';
import { Lane } from './lane.js';
import type { LaneSizes } from './lane-layout.js';
import { startMemberThread, type MemberThreadOptions } from './member-thread.js';
import { errorOfText, placeOf } from '../error-text.js';
import { MemberLife } from '../member-life.js';
import type { MemberState } from '../member-state.js';
import { isMemberMessage, type MemberMessage } from './messages.js';
import { OutputReceiver } from './output-receiver.js';
import { TimeLimits } from './time-limits.js';

export interface MemberEvents {
  /** Why a member that has loaded this cannot take its place; null when it can. */
  readonly objectionTo: (member: MemberHandle, manifest: unknown) => string | null;
  readonly onReady: (member: MemberHandle, manifest: unknown) => void;
  readonly onBell: (member: MemberHandle) => void;
  /** A reply was written to its lane, to be flushed. */
  readonly onReply: () => void;
  readonly onOutput: PoolHandlers['onOutput'];
  /** Once; `member.lostError` says why, `member.loadError` too when its program could not be loaded. */
  readonly onGone: (member: MemberHandle) => void;
  readonly onTimeLimit: (member: MemberHandle, entry: InFlightEntry) => void;
  readonly onGrown: (member: MemberHandle, memoryKib: number, baselineKib: number) => void;
}

export interface MemberOptions extends MemberThreadOptions {
  readonly sizes: LaneSizes;
  /** Time for its program to load, ms. */
  readonly readyWithinMs: number;
  readonly clock: Clock;
}

export class MemberHandle implements DrainedMember {
  index: number;
  epoch: number;
  /** Its thread has ended, or never began; a member that is gone without was written off. */
  hasExited = false;
  readonly lane: Lane;
  readonly limits: TimeLimits;
  readonly deafness: DeafWatch;
  readonly output: OutputReceiver;
  /** Jobs that were ever handed to it and not taken back. */
  assignedCount = 0;
  /** Why it leaves, as it is counted; null while it does not. */
  retireCause: RetireCause | null = null;
  /** Busy time that the dispatcher has learnt from, µs. */
  seenBusyUs = 0;
  readonly #worker: Worker | null;
  readonly #events: MemberEvents;
  readonly #life: MemberLife;
  #threadId = -1;
  #uncaught: Error | null = null;
  #exitCode: number | null = null;

  constructor(options: MemberOptions, events: MemberEvents) {
    this.index = options.index;
    this.epoch = options.epoch;
    this.#events = events;
    this.lane = new Lane(options.sizes);
    this.deafness = new DeafWatch(this.lane);
    this.limits = new TimeLimits(this.lane.status, options.clock, {
      hard: (entry) => {
        events.onTimeLimit(this, entry);
      },
      soft: () => {
        this.lane.wake();
      },
    });
    this.output = new OutputReceiver(this.lane.outputPort, this.lane.status, ({ stream, text, ticket }) => {
      events.onOutput(this, stream, text, this.lane.inFlight.find(ticket)?.job ?? null);
    });
    this.#life = new MemberLife(`member ${String(options.index)}.${String(options.epoch)}`, options.clock, {
      title: () => this.#name,
      objectionTo: (manifest) => events.objectionTo(this, manifest),
      onReady: (manifest) => {
        events.onReady(this, manifest);
      },
      close: () => {
        this.lane.status.command = HostCommand.RETIRE;
        this.lane.wake();
      },
      kill: () => {
        void this.#worker?.terminate();
      },
      onGone: () => {
        this.#leave();
      },
    });
    this.#worker = this.#start(options);
    this.#life.begin(options.readyWithinMs);
  }

  get threadId(): number {
    return this.#threadId;
  }

  get state(): MemberState {
    return this.#life.state;
  }

  get endReason(): string | null {
    return this.#life.endReason;
  }

  get loadError(): Error | null {
    return this.#life.loadError;
  }

  /** What it holds in memory, as it was last told, KiB. */
  get memoryKib(): number {
    return this.lane.status.heapKib;
  }

  /** It was started without a place and has one from here on. */
  takePlace(index: number, epoch: number): void {
    this.index = index;
    this.epoch = epoch;
    this.lane.status.takePlace(index, epoch);
  }

  snapshot(): MemberSnapshot {
    const { index, epoch, threadId, state, lane } = this;
    const { completed, busyUs, heapKib } = lane.status;
    return { index, epoch, threadId, state, inFlight: lane.inFlight.size, completed, busyMs: busyUs / 1_000, heapKib };
  }

  sendReply(callId: number, payload: Uint8Array, isError: boolean): void {
    if (this.#life.state === 'gone') return;
    this.lane.reply(callId, payload, isError);
    this.#events.onReply();
  }

  /** It ended, or is being ended, and nobody had asked for it. */
  get isLoss(): boolean {
    return this.#life.isLoss;
  }

  /** Whether its place is worth an attempt at once: it has done something, or was ready when the pool ended it. */
  get wasUseful(): boolean {
    if (!this.#life.hasLoaded) return false;
    // By what the host has received: its own words it may have scribbled on.
    return !this.isLoss || this.lane.endedCount > 0;
  }

  /** Gets no more jobs; ends when `finish` is called. */
  retire(): void {
    this.#life.retire();
  }

  /** Has nothing left to run: the program closes, and the thread ends. */
  finish(): void {
    this.#life.finish();
  }

  /** Ends the thread wherever it is. */
  terminate(reason: string): void {
    this.#life.terminate(reason);
  }

  /** What became of it, for whoever waits for a job that it ran. */
  get lostError(): WorkerLostError {
    const name = this.#name;
    const { lostError, whenText: when } = this.#life;
    if (lostError !== null) return lostError;
    const code = this.#uncaught !== null && 'code' in this.#uncaught ? this.#uncaught.code : null;
    if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
      const text = `${name} ran out of memory${when} (ERR_WORKER_OUT_OF_MEMORY)`;
      return new WorkerLostError(text, { cause: this.#uncaught });
    }
    if (this.#uncaught !== null) {
      const text = `${name} died of an uncaught ${this.#uncaught.name}${when}: ${this.#uncaught.message}`;
      return new WorkerLostError(text, { cause: this.#uncaught });
    }
    return new WorkerLostError(`${name} exited with code ${String(this.#exitCode)}${when}`);
  }

  get #name(): string {
    return `member ${String(this.index)} (thread ${String(this.#threadId)})`;
  }

  /** Null when there is no thread: it is gone a tick later, when whoever makes it can be told. */
  #start(options: MemberOptions): Worker | null {
    try {
      const worker = startMemberThread(options, this.lane);
      this.#listen(worker);
      return worker;
    } catch (error) {
      // Options that Node refuses, data that cannot be cloned, or a system that is out of threads.
      this.#uncaught = asError(error);
      this.#life.loadError = new PoolError(`a member's thread could not be started: ${this.#uncaught.message}`, {
        cause: error,
      });
      this.hasExited = true;
      process.nextTick(() => {
        this.#life.end();
      });
      return null;
    }
  }

  #listen(worker: Worker): void {
    this.#threadId = worker.threadId;
    worker.on('message', (message: unknown) => {
      if (isMemberMessage(message)) this.#receive(message);
    });
    worker.on('error', (error: unknown) => {
      this.#uncaught = asError(error);
    });
    worker.on('exit', (code) => {
      this.#exitCode = code;
      this.hasExited = true;
      this.#life.end();
    });
    this.lane.bellPort.on('message', () => {
      this.#events.onBell(this);
    });
    // The pool keeps the process alive while there is work, not each of its threads.
    worker.unref();
    this.lane.bellPort.unref();
  }

  #receive(message: MemberMessage): void {
    switch (message.type) {
      case 'celeriac.grown':
        this.#events.onGrown(this, message.memoryKib, message.baselineKib);
        break;
      case 'celeriac.load-failed': {
        const cause = errorOfText(message.error);
        const text = `${this.#name} could not load its program: ${cause.message}${placeOf(cause)}`;
        this.#life.loadError = new PoolError(text, { cause });
        break;
      }
      case 'celeriac.broken':
        this.#uncaught = errorOfText(message.error);
        break;
      case 'celeriac.ready':
        this.#life.join(message.manifest);
    }
  }

  #leave(): void {
    this.limits.close();
    // What it printed last comes before the ends of its runs.
    this.output.readAll();
    this.#events.onGone(this);
    this.lane.close();
  }
}

function asError(thrown: unknown): Error {
  // Not String(): it throws for an object without a way to become a string.
  return thrown instanceof Error ? thrown : new Error(inspect(thrown));
}
