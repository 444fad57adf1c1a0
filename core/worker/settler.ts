/**
 * Carries out verdicts in the one order (R1): successors published and confirmed → result stored → settled. Each step is
 * a stage that works in batches; a step that fails holds back the later ones of its delivery, never those of others
 * longer than its batch. Host thread.
 */
import type { Clock } from '../kernel/clock.js';
import { failpoints } from '../kernel/failpoint.js';
import type { Random } from '../kernel/random.js';
import type { Backend, StoredResult } from '../ports/backend.js';
import type { LeveledLogger } from '../ports/logger.js';
import type { Delivery, OutgoingMessage, Settlement, SettleOutcome } from '../ports/transport.js';
import { InvariantError } from '../kernel/errors.js';
import { deathInstead, failureInstead } from './refused-result.js';
import { Stage } from './stage.js';
import type { Verdict } from './verdict.js';

export interface SettlerPorts {
  readonly publish: (messages: readonly OutgoingMessage[]) => Promise<void>;
  readonly settle: (batch: readonly Settlement[]) => Promise<readonly SettleOutcome[]>;
  /** null: results are not kept. */
  readonly backend: Backend | null;
  /** The store has taken a batch. */
  readonly onStored?: () => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: LeveledLogger;
}

/** One delivery on its way through the stages. */
interface Settling {
  readonly delivery: Delivery;
  readonly verdict: Verdict;
  readonly onSettled: () => void;
  /** The store has refused the result that the run had made; this one tells of it. */
  readonly isReplaced?: true;
}

/** What a stage does and where a delivery goes from there. */
interface StageWay {
  readonly run: (batch: readonly Settling[]) => Promise<void>;
  readonly next: (one: Settling) => void;
  /** The step can never succeed for this delivery. */
  readonly otherwise: (one: Settling, error: Error) => void;
}

export class Settler {
  readonly #ports: SettlerPorts;
  readonly #successors: Stage<Settling>;
  readonly #results: Stage<Settling>;
  readonly #settlements: Stage<Settling>;

  constructor(ports: SettlerPorts) {
    this.#ports = ports;
    this.#settlements = this.#stage('settling', {
      run: (batch) => this.#settle(batch),
      next: finish,
      // Unsettled at the broker, which gives it out again when the epoch ends.
      otherwise: finish,
    });
    this.#results = this.#stage('storing results', {
      run: (batch) => this.#store(batch),
      next: (one) => {
        this.#dispose(one);
      },
      // Running the task again would make the same result.
      otherwise: (one, error) => {
        this.#replaceResult(one, error);
      },
    });
    this.#successors = this.#stage('publishing successors', {
      run: (batch) => this.#publish(batch),
      next: (one) => {
        this.#storeOrDispose(one);
      },
      otherwise: (one, error) => {
        this.#storeOrDispose({ ...one, verdict: one.verdict.fallback?.(error) ?? one.verdict });
      },
    });
  }

  /** @param onSettled called once, when the verdict has been carried out. */
  settle(delivery: Delivery, verdict: Verdict, onSettled: () => void): void {
    const one = { delivery, verdict, onSettled };
    if (verdict.successors.length > 0) this.#successors.push(one);
    else this.#storeOrDispose(one);
  }

  /** Verdicts that are not carried out yet. */
  get pending(): number {
    return this.#successors.pending + this.#results.pending + this.#settlements.pending;
  }

  /** Resolves when every verdict so far has been carried out. */
  async idle(): Promise<void> {
    await this.#successors.idle();
    await this.#results.idle();
    await this.#settlements.idle();
  }

  /** Gives up what is pending: unsettled messages will be delivered again. */
  close(): void {
    this.#successors.close();
    this.#results.close();
    this.#settlements.close();
  }

  #storeOrDispose(one: Settling): void {
    if (one.verdict.result !== null && this.#ports.backend !== null) this.#results.push(one);
    else this.#dispose(one);
  }

  #dispose(one: Settling): void {
    if (one.verdict.disposal.kind === 'none') one.onSettled();
    else this.#settlements.push(one);
  }

  #replaceResult(one: Settling, error: Error): void {
    const { delivery, verdict, isReplaced = false } = one;
    const reason = { error, nowEpochMs: this.#ports.clock.nowEpochMs() };
    const instead = isReplaced ? null : failureInstead(delivery, verdict, reason);
    if (instead !== null) this.#results.push({ ...one, verdict: instead, isReplaced: true });
    else this.#dispose({ ...one, verdict: deathInstead(delivery, verdict, reason) });
  }

  async #publish(batch: readonly Settling[]): Promise<void> {
    await this.#ports.publish(batch.flatMap(({ verdict }) => verdict.successors));
    failpoints?.reach('afterSuccessorsBeforeResult');
  }

  async #store(batch: readonly Settling[]): Promise<void> {
    await this.#ports.backend?.store(batch.map(({ verdict }) => verdict.result as StoredResult));
    this.#ports.onStored?.();
    failpoints?.reach('afterResultBeforeAck');
  }

  async #settle(batch: readonly Settling[]): Promise<void> {
    const outcomes = await this.#ports.settle(batch.map(settlementOf));
    failpoints?.reach('afterAckBeforeRelease');
    const gone = outcomes.filter((outcome) => outcome === 'gone').length;
    if (gone > 0)
      this.#ports.logger.warn({ gone }, 'messages had been taken over by another worker before they were settled');
  }

  #stage(what: string, { run, next, otherwise }: StageWay): Stage<Settling> {
    const { clock, random, logger } = this.#ports;
    return new Stage({
      run,
      onDone: (batch) => {
        for (const one of batch) next(one);
      },
      onRefused: (one, error) => {
        logger.error({ err: error, taskId: one.verdict.result?.taskId ?? null }, `${what} is refused for good`);
        otherwise(one, error);
      },
      onRetry: (error, delayMs) => {
        logger.warn({ err: error, delayMs: Math.round(delayMs) }, `${what} failed; trying again`);
      },
      clock,
      random,
    });
  }
}

function finish(one: Settling): void {
  one.onSettled();
}

function settlementOf({ delivery: { tag }, verdict: { disposal } }: Settling): Settlement {
  switch (disposal.kind) {
    case 'requeue':
      return { action: 'requeue', tag, countsAsDelivery: disposal.counts, delayMs: disposal.delayMs };
    case 'dead-letter':
      return { action: 'dead-letter', tag, queue: disposal.queue, headers: disposal.headers };
    case 'ack':
      return { action: 'ack', tag };
    case 'none':
      throw new InvariantError('a delivery that was acknowledged at its start is settled again');
  }
}
