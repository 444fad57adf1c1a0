/** A job and a set of handlers for tests of pools: what happens to them can be awaited. */
import type { MessagePort } from 'node:worker_threads';
import type { MemberInfo, Pool, PoolCall, PoolHandlers, PoolJob, RetireCause } from '../../core/ports/pool.js';

export type JobEnd =
  | { readonly type: 'outcome'; readonly kind: number; readonly text: string; readonly payload: Buffer }
  | { readonly type: 'lost' | 'time-limit'; readonly error: Error }
  | { readonly type: 'terminated'; readonly started: boolean };

export class TestJob implements PoolJob {
  readonly head: string;
  readonly body: Uint8Array;
  readonly parcel: MessagePort | null;
  timeLimitMs: number | null;
  softTimeLimitMs: number | null;
  readonly wantsAccepted = true;
  orderingKey: string | null = null;
  /** Resolves when a member has started it. */
  readonly accepted: Promise<void>;
  readonly end: Promise<JobEnd>;
  /** Ends that were told: exactly one is right. */
  endCount = 0;
  acceptedCount = 0;
  softLimitCount = 0;
  #onAccepted: () => void = () => undefined;
  #onEnd: (end: JobEnd) => void = () => undefined;

  constructor(
    head: string,
    options: {
      readonly body?: Uint8Array;
      readonly timeLimitMs?: number;
      readonly softTimeLimitMs?: number;
      readonly parcel?: MessagePort;
    } = {},
  ) {
    this.head = head;
    this.body = options.body ?? new Uint8Array(0);
    this.parcel = options.parcel ?? null;
    this.timeLimitMs = options.timeLimitMs ?? null;
    this.softTimeLimitMs = options.softTimeLimitMs ?? null;
    this.accepted = new Promise((resolve) => (this.#onAccepted = resolve));
    this.end = new Promise((resolve) => (this.#onEnd = resolve));
  }

  onAccepted(): void {
    this.acceptedCount++;
    this.#onAccepted();
  }

  onOutcome(kind: number, payload: Uint8Array): void {
    const copy = Buffer.from(payload);
    this.#tell({ type: 'outcome', kind, text: copy.toString(), payload: copy });
  }

  onLost(error: Error): void {
    this.#tell({ type: 'lost', error });
  }

  onSoftTimeLimit(): void {
    this.softLimitCount++;
  }

  onTimeLimit(error: Error): void {
    this.#tell({ type: 'time-limit', error });
  }

  onTerminated(_error: Error, started: boolean): void {
    this.#tell({ type: 'terminated', started });
  }

  #tell(end: JobEnd): void {
    this.endCount++;
    this.#onEnd(end);
  }
}

/** Handlers that record, and answer every call of kind 7 with its payload in capitals, none of kind 9, others with an error. */
export class TestHandlers implements PoolHandlers {
  readonly calls: { readonly text: string; readonly job: PoolJob | null }[] = [];
  readonly lost: { readonly epoch: number; readonly error: Error }[] = [];
  /** Members that were replaced or given up, in order. */
  readonly retired: { readonly name: string; readonly cause: RetireCause; readonly detail: string }[] = [];
  /** Calls of kind 9: the test answers them. */
  readonly held: PoolCall[] = [];
  output = '';
  /** What was printed, and by which run. */
  readonly printed: { readonly text: string; readonly job: PoolJob | null }[] = [];
  #onHeld: (() => void)[] = [];
  #onRoom: (() => void)[] = [];
  #onOutput: (() => void)[] = [];
  #onRetirement: (() => void)[] = [];

  readonly onCall = (call: PoolCall): void => {
    const text = Buffer.from(call.payload).toString();
    this.calls.push({ text, job: call.job });
    if (call.kind === 9) {
      this.held.push(call);
      for (const resolve of this.#onHeld.splice(0)) resolve();
    } else if (call.kind === 7) call.reply(Buffer.from(text.toUpperCase()));
    else call.fail(Object.assign(new TypeError('refused'), { code: 'E_REFUSED' }));
  };

  readonly onRoom = (): void => {
    for (const resolve of this.#onRoom.splice(0)) resolve();
  };

  readonly onMemberLost: PoolHandlers['onMemberLost'] = (member, error) => {
    this.lost.push({ epoch: member.epoch, error });
  };

  readonly onRetire = ({ index, epoch }: MemberInfo, cause: RetireCause, detail: string): void => {
    this.retired.push({ name: `${String(index)}.${String(epoch)}`, cause, detail });
    for (const resolve of this.#onRetirement.splice(0)) resolve();
  };

  readonly onOutput: PoolHandlers['onOutput'] = (_member, _stream, text, job) => {
    this.output += text;
    this.printed.push({ text, job });
    for (const resolve of this.#onOutput.splice(0)) resolve();
  };

  /** Resolves when so many calls were ever held. */
  async holds(count: number): Promise<void> {
    while (this.held.length < count) await new Promise<void>((resolve) => this.#onHeld.push(resolve));
  }

  room(): Promise<void> {
    return new Promise((resolve) => this.#onRoom.push(resolve));
  }

  /** Resolves when a member is, or was, replaced or given up. */
  someRetirement(): Promise<void> {
    return this.retired.length > 0 ? Promise.resolve() : new Promise((resolve) => this.#onRetirement.push(resolve));
  }

  /** Resolves when the next member is replaced or given up. */
  nextRetirement(): Promise<void> {
    return new Promise((resolve) => this.#onRetirement.push(resolve));
  }

  /** Resolves when members have printed this. */
  async outputOf(words: string): Promise<void> {
    while (!this.output.includes(words)) await new Promise<void>((resolve) => this.#onOutput.push(resolve));
  }

  someOutput(): Promise<void> {
    return this.output === '' ? new Promise((resolve) => this.#onOutput.push(resolve)) : Promise.resolve();
  }
}

/** Submits the job as soon as there is room. */
export async function submit(pool: Pool, handlers: TestHandlers, job: TestJob): Promise<TestJob> {
  while (!pool.submit(job)) await handlers.room();
  return job;
}
