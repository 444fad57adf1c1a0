/**
 * One child process as the host sees it: its state, its pipes and the jobs that it has. It gets one job at a time until
 * that one waits or has ended, so what it was given and has not told as started never began. `gone` comes once, when the
 * process has ended and all that it had sent was read. Host thread.
 */
import { deserialize, serialize } from 'node:v8';
import type { Clock, TimerHandle } from '../../core/kernel/clock.js';
import { PoolError, WorkerLostError } from '../../core/kernel/errors.js';
import type { MemberSnapshot, PoolHandlers, PoolJob } from '../../core/ports/pool.js';
import { graceMs } from '../guard.js';
import { placeOf } from '../error-text.js';
import { startChild, type ChildOptions, type ChildPipes } from './child-process.js';
import { MAX_LENT } from '../lent-slots.js';
import { PipeCall } from './pipe-call.js';
import {
  type AbortReason,
  decodeError,
  encodeFrame,
  FrameKind,
  FrameReader,
  HEADER_BYTES,
  MAX_COPIED_BYTES,
  writeHeader,
  type Frame,
  type MemberBoot,
} from './frame.js';
import { MemberLife } from '../member-life.js';
import type { MemberState } from '../member-state.js';
import { endTimers, type RunEntry } from './run-entry.js';

/** After the exit: what holds the pipes open then is a process that a task has started. */
const DRAIN_MS = 1_000;
/** Of what a child writes before it dies: where V8 says that the heap was full. */
const LAST_WORDS = 4_096;

export interface MemberProcessOptions extends ChildOptions, Omit<MemberBoot, 'index'> {
  /** Time for its program to load, ms. */
  readonly readyWithinMs: number;
  readonly clock: Clock;
}

export interface MemberProcessEvents {
  /** Why a member that has loaded this cannot take its place; null when it can. */
  readonly objectionTo: (member: MemberProcess, manifest: unknown) => string | null;
  readonly onReady: (member: MemberProcess, manifest: unknown) => void;
  readonly onStarted: (member: MemberProcess, entry: RunEntry, startedMs: number) => void;
  /** Room for a job, or none is left. */
  readonly onChange: (member: MemberProcess) => void;
  /** An outcome came; an abandoned one is dropped before. */
  readonly onOutcome: (entry: RunEntry, kind: number, payload: Buffer) => void;
  readonly onCall: PoolHandlers['onCall'];
  readonly onOutput: PoolHandlers['onOutput'];
  /** A run of it was interrupted at its soft limit. */
  readonly onStruck: (member: MemberProcess) => void;
  /** It has written what no child writes. */
  readonly onPoisoned: (member: MemberProcess) => void;
  readonly onGone: (member: MemberProcess) => void;
}

/** Time between the soft limit and the interrupt, ms; 0 where there is no limit. */
function graceOf({ softTimeLimitMs, timeLimitMs }: PoolJob): number {
  return softTimeLimitMs === null ? 0 : graceMs(softTimeLimitMs, timeLimitMs);
}

export class MemberProcess {
  readonly index: number;
  readonly epoch: number;
  /** Ticket → job. */
  readonly runs = new Map<number, RunEntry>();
  /** Jobs that were ever handed to it. */
  assignedCount = 0;
  /** The spare that takes its place is being started for this reason. */
  replaceCause: 'rss' | 'age' | null = null;
  hasExited = false;
  /** Resident memory after its last job, KiB; 0 where nobody has asked for it. */
  rssKib = 0;
  completed = 0;
  /** Answers to PING. */
  pongs = 0;
  ageTimer: TimerHandle | null = null;
  readonly #events: MemberProcessEvents;
  readonly #clock: Clock;
  readonly #pipes: ChildPipes | null;
  readonly #life: MemberLife;
  #lastTicket = 0;
  #busyUs = 0;
  #uncaught: Error | null = null;
  #exit: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | null = null;
  #lastWords = '';
  #isCorked = false;

  constructor(options: MemberProcessOptions, events: MemberProcessEvents) {
    this.index = options.index;
    this.epoch = options.epoch;
    this.#events = events;
    this.#clock = options.clock;
    this.#life = new MemberLife(`member ${String(options.index)}.${String(options.epoch)}`, options.clock, {
      title: () => this.#title,
      objectionTo: (manifest) => events.objectionTo(this, manifest),
      onReady: (manifest) => {
        events.onReady(this, manifest);
      },
      close: () => {
        this.#write(encodeFrame(FrameKind.RETIRE, {}));
      },
      kill: () => {
        this.#pipes?.process.kill('SIGKILL');
      },
      onGone: () => {
        this.#leave();
      },
    });
    this.#pipes = this.#start(options);
    this.#life.begin(options.readyWithinMs);
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

  /** Of its process. */
  get threadId(): number {
    return this.#pipes?.process.pid ?? -1;
  }

  /** Runs that count: those that were abandoned do not. */
  get inFlight(): number {
    let count = 0;
    for (const { isAbandoned } of this.runs.values()) if (!isAbandoned) count++;
    return count;
  }

  /** Runs that count, without those that wait for other jobs of the pool (BUG-26). */
  get takenSlots(): number {
    let [count, lent] = [0, 0];
    for (const { isAbandoned, openWaits } of this.runs.values()) {
      if (isAbandoned) continue;
      count++;
      if (openWaits > 0 && lent < MAX_LENT) lent++;
    }
    return count - lent;
  }

  /** Everything that it has waits for promises. */
  get isWaiting(): boolean {
    for (const { phase } of this.runs.values()) if (phase !== 'awaiting') return false;
    return true;
  }

  /** It ended, or is being ended, and nobody had asked for it. */
  get isLoss(): boolean {
    return this.#life.isLoss;
  }

  /** Whether its place is worth an attempt at once. */
  get wasUseful(): boolean {
    return this.#life.hasLoaded && (!this.isLoss || this.completed > 0);
  }

  /** A run has the stack to itself. */
  get isComputing(): boolean {
    for (const { phase } of this.runs.values()) if (phase === 'computing') return true;
    return false;
  }

  snapshot(): MemberSnapshot {
    const { index, epoch, threadId, state, inFlight, completed } = this;
    return { index, epoch, threadId, state, inFlight, completed, busyMs: this.#busyUs / 1_000, heapKib: this.rssKib };
  }

  give(job: PoolJob): RunEntry {
    this.#lastTicket++;
    this.assignedCount++;
    const entry: RunEntry = {
      ticket: this.#lastTicket,
      job,
      phase: 'sent',
      verdict: 'none',
      isAbandoned: false,
      openWaits: 0,
      timers: [],
    };
    this.runs.set(entry.ticket, entry);
    this.#writeTask(job, entry.ticket);
    return entry;
  }

  find(job: PoolJob): RunEntry | null {
    for (const entry of this.runs.values()) if (entry.job === job && !entry.isAbandoned) return entry;
    return null;
  }

  /** Takes out what it was given and has not told as started: it will not start it. */
  takeUnstarted(): readonly PoolJob[] {
    const unstarted = [...this.runs.values()].filter(({ phase, isAbandoned }) => phase === 'sent' && !isAbandoned);
    for (const { ticket } of unstarted) this.runs.delete(ticket);
    return unstarted.map(({ job }) => job);
  }

  abort({ ticket }: RunEntry, reason: AbortReason): void {
    this.#pipes?.control.write(encodeFrame(FrameKind.ABORT, { id: ticket, ref: reason }));
  }

  ping(): void {
    this.#write(encodeFrame(FrameKind.PING, {}));
  }

  reply(callId: number, payload: Uint8Array, isError: boolean): void {
    const { state } = this;
    if (state !== 'gone' && state !== 'terminating') {
      this.#write(encodeFrame(FrameKind.REPLY, { id: callId, ref: isError ? 1 : 0 }, payload));
    }
  }

  /** Gets no more jobs; ends when `finish` is called. */
  retire(): void {
    this.#life.retire();
  }

  /** Has nothing left to run: the program closes, and the process ends. */
  finish(): void {
    this.#life.finish();
  }

  /** Ends the process wherever it is. */
  terminate(reason: string): void {
    this.#life.terminate(reason);
  }

  /** What became of it, for whoever waits for a job that it ran. */
  get lostError(): WorkerLostError {
    const name = this.#title;
    const { lostError, whenText: when } = this.#life;
    if (lostError !== null) return lostError;
    const { code = null, signal = null } = this.#exit ?? {};
    // V8 says it before it aborts; Linux kills without a word.
    if (/heap out of memory|Allocation failed/.test(this.#lastWords)) {
      return new WorkerLostError(`${name} ran out of memory${when} (${signal ?? `code ${String(code)}`})`);
    }
    if (this.#uncaught !== null) {
      const text = `${name} died of an uncaught ${this.#uncaught.name}${when}: ${this.#uncaught.message}`;
      return new WorkerLostError(text, { cause: this.#uncaught });
    }
    if (signal !== null) return new WorkerLostError(`${name} was killed by ${signal}${when}`);
    return new WorkerLostError(`${name} exited with code ${String(code)}${when}`);
  }

  /** As a user meets it. */
  get #title(): string {
    return `member ${String(this.index)} (process ${String(this.threadId)})`;
  }

  /** Null when there is no process: it is gone a tick later, when whoever makes it can be told. */
  #start(options: MemberProcessOptions): ChildPipes | null {
    const { index, epoch, programUrl, data, watchesMemory } = options;
    const boot: MemberBoot = { index, epoch, programUrl, data, watchesMemory };
    try {
      const payload = serialize(boot);
      const pipes = startChild(options);
      this.#listen(pipes);
      pipes.tasks.write(encodeFrame(FrameKind.BOOT, {}, payload));
      return pipes;
    } catch (error) {
      this.#failStart(error);
      return null;
    }
  }

  /** Options that Node refuses, data that cannot be cloned, or a system that is out of processes. */
  #failStart(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#life.loadError = new PoolError(`a member's process could not be started: ${reason}`, { cause: error });
    this.hasExited = true;
    process.nextTick(() => {
      this.#life.end();
    });
  }

  #listen({ process: child, outcomes, output }: ChildPipes): void {
    const reader = new FrameReader(this.#receive);
    outcomes.on('data', (chunk: Buffer) => {
      if (!reader.push(chunk)) this.#poison();
    });
    for (const [at, stream] of (['stdout', 'stderr'] as const).entries()) {
      output[at]?.setEncoding('utf8').on('data', (text: string) => {
        this.#hear(stream, text);
      });
    }
    child.on('error', (error) => {
      if (this.threadId === -1) this.#failStart(error);
    });
    child.on('exit', (code, signal) => {
      this.#exit = { code, signal };
      this.hasExited = true;
      this.#after(DRAIN_MS, () => {
        this.#life.end();
      });
    });
    child.on('close', () => {
      this.#life.end();
    });
  }

  readonly #receive = (frame: Frame): void => {
    switch (frame.kind) {
      case FrameKind.OUTCOME:
        this.#settle(frame);
        break;
      case FrameKind.STARTED:
        this.#begin(frame);
        break;
      case FrameKind.AWAITING:
        this.#await(frame);
        break;
      case FrameKind.CALL:
        this.#serve(frame);
        break;
      case FrameKind.OUTPUT: {
        const job = this.runs.get(frame.id)?.job ?? null;
        this.#events.onOutput(this, frame.ref === 1 ? 'stdout' : 'stderr', frame.payload.toString(), job);
        break;
      }
      case FrameKind.PONG:
        this.pongs++;
        break;
      default:
        this.#receiveRare(frame);
    }
  };

  #receiveRare(frame: Frame): void {
    let content: unknown;
    try {
      content = contentOf(frame);
    } catch {
      this.#poison();
      return;
    }
    switch (frame.kind) {
      case FrameKind.READY:
        this.#life.join(content);
        break;
      case FrameKind.LOAD_FAILED: {
        const cause = content as Error;
        const text = `${this.#title} could not load its program: ${cause.message}${placeOf(cause)}`;
        this.#life.loadError = new PoolError(text, { cause });
        break;
      }
      case FrameKind.STRUCK:
        this.#events.onStruck(this);
        break;
      case FrameKind.BROKEN:
      case FrameKind.UNCAUGHT:
        this.#uncaught = content as Error;
        break;
      default:
        this.#poison();
    }
  }

  /** What a child wrote cannot be: it is ended, and its host is not touched (G6). */
  #poison(): void {
    if (!this.#life.hasLoaded)
      this.#life.loadError = new PoolError(`${this.#title} wrote what no member writes into its pipe`);
    this.#events.onPoisoned(this);
  }

  #begin({ id, value }: Frame): void {
    const entry = this.runs.get(id);
    if (entry === undefined) return;
    entry.phase = 'computing';
    this.#events.onStarted(this, entry, value);
  }

  #await({ id, ref }: Frame): void {
    const entry = this.runs.get(id);
    if (entry === undefined) return;
    entry.phase = 'awaiting';
    this.#busyUs += ref;
    this.#events.onChange(this);
  }

  #settle({ id, ref, value, programKind, payload }: Frame): void {
    const entry = this.runs.get(id);
    if (entry === undefined) return;
    this.runs.delete(id);
    endTimers(entry);
    this.completed++;
    this.#busyUs += ref;
    if (value > 0) this.rssKib = value;
    if (!entry.isAbandoned) this.#events.onOutcome(entry, programKind, payload);
    this.#events.onChange(this);
  }

  #serve({ id, ref, programKind: kind, value, payload }: Frame): void {
    const entry = this.runs.get(ref);
    const onAnswered = value === 1 && entry !== undefined ? lendSlot(entry) : null;
    const job = entry?.job ?? null;
    this.#events.onCall(new PipeCall(this, { kind, payload, job, member: this, callId: id, onAnswered }));
    if (onAnswered !== null) this.#events.onChange(this);
  }

  /** What came past the program's own streams: a native library, or Node's last words. */
  #hear(stream: 'stdout' | 'stderr', text: string): void {
    this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS);
    const [only] = this.runs.values();
    this.#events.onOutput(this, stream, text, this.runs.size === 1 && only !== undefined ? only.job : null);
  }

  #writeTask(job: PoolJob, ticket: number): void {
    const head = Buffer.from(job.head);
    const body = job.body.subarray(job.bodyStart ?? 0, job.bodyEnd ?? job.body.length);
    const fields = { id: ticket, ref: head.length, value: job.softTimeLimitMs ?? 0, extra: graceOf(job) };
    const payloadBytes = head.length + body.length;
    const isCopied = body.length <= MAX_COPIED_BYTES;
    const frame = Buffer.allocUnsafe(HEADER_BYTES + (isCopied ? payloadBytes : head.length));
    writeHeader(frame, FrameKind.TASK, payloadBytes, fields);
    frame.set(head, HEADER_BYTES);
    if (isCopied) frame.set(body, HEADER_BYTES + head.length);
    this.#write(frame);
    if (!isCopied) this.#write(body);
  }

  /** All that one turn of the event loop writes leaves by one system call. */
  #write(bytes: Uint8Array): void {
    const pipe = this.#pipes?.tasks;
    if (pipe === undefined) return;
    if (!this.#isCorked) {
      this.#isCorked = true;
      pipe.cork();
      process.nextTick(() => {
        this.#isCorked = false;
        pipe.uncork();
      });
    }
    pipe.write(bytes);
  }

  #after(delayMs: number, fire: () => void): TimerHandle {
    return this.#clock.after(delayMs, fire, { keepsAlive: false });
  }

  #leave(): void {
    this.ageTimer?.cancel();
    for (const entry of this.runs.values()) endTimers(entry);
    this.#pipes?.tasks.destroy();
    this.#pipes?.control.destroy();
    // A process that a task has started may hold it for ever; what that one prints is still passed on.
    this.#pipes?.outcomes.destroy();
    this.#events.onGone(this);
  }
}

/** The run takes no slot until what is answered was called. */
function lendSlot(entry: RunEntry): () => void {
  entry.openWaits++;
  return () => {
    entry.openWaits--;
  };
}

/** What a frame carries in words or as a value; null for none. @throws what a reader throws for bytes that are neither */
function contentOf({ kind, payload }: Frame): unknown {
  if (kind === FrameKind.READY) return deserialize(payload);
  const isError = kind === FrameKind.LOAD_FAILED || kind === FrameKind.BROKEN || kind === FrameKind.UNCAUGHT;
  return isError ? decodeError(payload) : null;
}
