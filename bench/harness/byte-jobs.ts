/** Drives the pool port as a worker does: jobs of bytes, submitted while there is room, counted as they end. */
import { PLAIN_POOL, type PoolAdapter } from '../../core/ports/adapter.js';
import type { Pool } from '../../core/ports/pool.js';
import { createPool } from '../../pools/thread/adapter.js';
import { checkWork, sumBelow } from './check-work.js';
import { ByteBodies, ByteJob } from './byte-job.js';

/** Jobs before the clock starts, as `leadMs` of a window plan (bench/pools/windows.ts). */
const LEAD = 60_000;

export interface ByteJobsOptions {
  readonly program: URL;
  readonly size: number;
  /** Jobs of a sample. */
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

  /** Runs all of them and checks their results. Answers jobs a second. */
  async sample(): Promise<number> {
    await this.#run(LEAD);
    const { count } = this.#bodies;
    const startedMs = performance.now();
    const checksum = await this.#run(count);
    const elapsedMs = performance.now() - startedMs;
    checkWork({ count, checksum: sumBelow(count) }, { count, checksum });
    return (count / elapsedMs) * 1_000;
  }

  close(): Promise<void> {
    return this.#pool.close(5_000);
  }

  /** Runs bodies `[0]` … `[count − 1]`; resolves with the sum of the results. */
  #run(count: number): Promise<number> {
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
}
