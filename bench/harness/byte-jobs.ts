/** Drives the pool port as a worker does: jobs of bytes, submitted while there is room, counted as they end. */
import { PLAIN_POOL, type PoolAdapter } from '../../core/ports/adapter.js';
import type { Pool } from '../../core/ports/pool.js';
import { createPool } from '../../pools/thread/adapter.js';
import { ByteBodies, ByteJob } from './byte-job.js';

export interface ByteJobsOptions {
  readonly program: URL;
  readonly size: number;
  /** Most jobs of one `run`. */
  readonly count: number;
  /** Makes the pool. @defaultValue as a worker does */
  readonly create?: PoolAdapter['createPool'];
}

export class ByteJobs {
  readonly #pool: Pool;
  readonly #bodies: ByteBodies;
  #feed: () => void = () => undefined;

  static async start(options: ByteJobsOptions): Promise<ByteJobs> {
    const jobs = new ByteJobs(options);
    await jobs.#pool.start(30_000);
    return jobs;
  }

  private constructor({ program, size, count, create = createPool }: ByteJobsOptions) {
    const nothing = (): void => undefined;
    const onRoom = (): void => {
      this.#feed();
    };
    const handlers = { onCall: nothing, onRoom, onMemberLost: nothing, onOutput: nothing };
    this.#bodies = new ByteBodies(count);
    this.#pool = create({ ...PLAIN_POOL, program, data: null, size, handlers });
  }

  /** Runs bodies `[0]` … `[count − 1]`; resolves with the sum of the results. */
  run(count = this.#bodies.count): Promise<number> {
    const bodies = this.#bodies;
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
          const job: ByteJob = refused ?? new ByteJob(bodies, next++, onEnd);
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
