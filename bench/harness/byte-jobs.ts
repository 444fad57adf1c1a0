/** Drives the pool port as a worker does: jobs of bytes, submitted while there is room, counted as they end. */
import { PLAIN_POOL, type PoolAdapter } from '../../core/ports/adapter.js';
import type { Pool, PoolJob } from '../../core/ports/pool.js';
import { createPool } from '../../pools/thread/adapter.js';

/** Bytes of `[n]` for a job. */
class ByteJob implements PoolJob {
  readonly head = '';
  readonly body: Uint8Array;
  readonly timeLimitMs = null;
  readonly softTimeLimitMs = null;
  readonly wantsAccepted = false;
  readonly #onEnd: (value: number) => void;

  constructor(n: number, onEnd: (value: number) => void) {
    this.body = Buffer.from(`[${String(n)}]`, 'latin1');
    this.#onEnd = onEnd;
  }

  onAccepted(): void {
    throw new Error('nobody asked to hear of the start');
  }
  onOutcome(_kind: number, payload: Uint8Array): void {
    this.#onEnd(Number(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('latin1')));
  }
  onOutcomeRange(_kind: number, bytes: Buffer, start: number, end: number): void {
    this.#onEnd(Number(bytes.toString('latin1', start, end)));
  }
  onLost(): void {
    this.#onEnd(Number.NaN);
  }
  onTimeLimit(): void {
    this.#onEnd(Number.NaN);
  }
  onTerminated(): void {
    this.#onEnd(Number.NaN);
  }
}

export class ByteJobs {
  readonly #pool: Pool;
  #feed: () => void = () => undefined;

  /** @param create makes the pool; by default as a worker does */
  static async start(program: URL, size: number, create: PoolAdapter['createPool'] = createPool): Promise<ByteJobs> {
    const jobs = new ByteJobs(program, size, create);
    await jobs.#pool.start(30_000);
    return jobs;
  }

  private constructor(program: URL, size: number, create: PoolAdapter['createPool']) {
    const nothing = (): void => undefined;
    const onRoom = (): void => {
      this.#feed();
    };
    const handlers = { onCall: nothing, onRoom, onMemberLost: nothing, onOutput: nothing };
    this.#pool = create({ ...PLAIN_POOL, program, data: null, size, handlers });
  }

  /** Runs bodies `[0]` … `[count − 1]`; resolves with the sum of the results. */
  run(count: number): Promise<number> {
    return new Promise((resolve) => {
      let sum = 0;
      let ended = 0;
      let next = 0;
      let refused: ByteJob | null = null;
      const onEnd = (value: number): void => {
        sum += value;
        if (++ended === count) resolve(sum);
      };
      this.#feed = () => {
        while (refused !== null || next < count) {
          const job: ByteJob = refused ?? new ByteJob(next++, onEnd);
          refused = this.#pool.submit(job) ? null : job;
          if (refused !== null) return;
        }
      };
      this.#feed();
    });
  }

  close(): Promise<void> {
    return this.#pool.close(5_000);
  }
}
