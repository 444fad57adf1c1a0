/** What the parts of the pool's contract share: a pool that is closed again, jobs that end, tests that a kind cannot pass. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ResourceLimits } from 'node:worker_threads';
import type { Pool, PoolCapabilities, PoolHandlers } from '../../core/ports/pool.js';
import type { ScriptedData } from '../support/members/scripted.js';
import { submit, TestHandlers, TestJob, type JobEnd } from '../support/pool-job.js';

export interface PoolContractOptions {
  readonly size: number;
  readonly data?: ScriptedData;
  readonly asyncPerMember?: number;
  readonly maxTasksPerMember?: number;
  /** Of these only `maxOldGenerationSizeMb` is asked for. */
  readonly resourceLimits?: ResourceLimits;
}

export type CreatePool = (options: PoolContractOptions, handlers: PoolHandlers) => Pool;

export interface PoolBench {
  readonly pool: Pool;
  readonly handlers: TestHandlers;
  readonly run: (...job: ConstructorParameters<typeof TestJob>) => Promise<JobEnd>;
}

export const START_MS = 10_000;

export class PoolSuite {
  readonly create: CreatePool;
  readonly capabilities: PoolCapabilities;

  constructor(create: CreatePool) {
    this.create = create;
    // Nothing is started yet.
    this.capabilities = create({ size: 1 }, new TestHandlers()).capabilities;
  }

  readonly withPool = async (
    options: PoolContractOptions,
    test: (bench: PoolBench) => Promise<void>,
  ): Promise<void> => {
    const handlers = new TestHandlers();
    const pool = this.create(options, handlers);
    try {
      await pool.start(START_MS);
      const run = async (...job: ConstructorParameters<typeof TestJob>): Promise<JobEnd> =>
        (await submit(pool, handlers, new TestJob(...job))).end;
      await test({ pool, handlers, run });
    } finally {
      await pool.close(0);
    }
  };

  /** A test of what not every kind can do; the reason for which it is left out is printed. */
  readonly itIf = (
    capability: 'endsComputations' | 'interruptsComputations' | 'containsCrashes' | 'replacesMembers',
    title: string,
    test: () => Promise<void>,
  ): void => {
    const isAble = this.capabilities[capability];
    it(title, isAble ? {} : { skip: `${this.capabilities.kind}: ${capability} is false` }, test);
  };
}

export function outcomeText(end: JobEnd): string {
  assert.equal(end.type, 'outcome');
  return end.type === 'outcome' ? end.text : '';
}

export function errorOf(end: JobEnd, type: 'lost' | 'time-limit'): Error {
  assert.equal(end.type, type);
  return 'error' in end ? end.error : new Error();
}
