/**
 * The other side of supervision: what a node that was started by a supervisor does for it. It beats from the main thread,
 * says when it is ready, and ends when its supervisor is gone, since nobody would restart or stop it then.
 */
import { rmdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemClock } from '../../core/kernel/clock.js';
import type { LeveledLogger } from '../../core/ports/logger.js';
import type { Settings } from '../../core/settings/table.js';
import { CrashGuard } from '../../core/worker/crashes/crash-guard.js';
import { isFilePerNode, nodeFile } from '../../core/worker/node-name.js';
import type { Worker } from '../../core/worker/worker.js';
import { bannerRows } from '../banner.js';
import {
  CHARGE_VARIABLE,
  readCharge,
  readSupervisorMessage,
  type NodeCharge,
  type NodeMessage,
} from './node-messages.js';

/** Longest time between two beats, ms; in between the journal learns what runs. */
const BEAT_MS = 1_000;
/** Beats within the bound of a node. */
const BEATS_PER_BOUND = 5;

export class ChargedNode {
  readonly charge: NodeCharge;
  #worker: Worker | null = null;
  #isOrphan = false;

  /** The charge of this process, once; null when nobody has charged it. What it starts itself must not take it for its own. */
  static take(environment: NodeJS.ProcessEnv = process.env): ChargedNode | null {
    const charge = readCharge(environment[CHARGE_VARIABLE]);
    Reflect.deleteProperty(environment, CHARGE_VARIABLE);
    return charge === null || process.send === undefined ? null : new ChargedNode(charge);
  }

  private constructor(charge: NodeCharge) {
    this.charge = charge;
  }

  get index(): number {
    return this.charge.index;
  }

  /** The supervisor is gone. */
  onOrphaned(stop: () => void): void {
    const onGone = (): void => {
      this.#isOrphan = true;
      stop();
    };
    // It may have died while the app was loaded.
    if (process.connected) process.once('disconnect', onGone);
    else onGone();
  }

  /** The app is there: from now on it beats. */
  loaded({ workerProcAliveTimeout, workerProcessBeatTimeoutMs: beatTimeoutMs }: Settings): void {
    this.#send({ type: 'loaded', startTimeoutMs: workerProcAliveTimeout * 1_000, beatTimeoutMs });
    const intervalMs = Math.min(BEAT_MS, beatTimeoutMs / BEATS_PER_BOUND);
    const beat = (): void => {
      this.#send({ type: 'beat' });
      this.#worker?.noteRunning();
      systemClock.after(intervalMs, beat, { keepsAlive: false });
    };
    beat();
  }

  /** What this node lets run is written down; the supervisor's list of suspects is kept. */
  guard(logger: LeveledLogger): CrashGuard | null {
    const { journal, crashes } = this.charge;
    try {
      const guard = new CrashGuard({
        journal,
        crashes,
        onCleared: (id) => {
          this.#send({ type: 'cleared', id });
        },
        onError: (error) => {
          logger.error({ err: error }, `the journal ${journal} cannot be written: a crash will name no tasks`);
        },
        clock: systemClock,
      });
      process.on('message', (value) => {
        const message = readSupervisorMessage(value);
        if (message !== null) guard.blame(message.crashes);
      });
      return guard;
    } catch (error) {
      logger.error({ err: error }, `the journal ${journal} cannot be made: a crash will name no tasks`);
      return null;
    }
  }

  ready(worker: Worker, hasTasks: boolean): void {
    this.#worker = worker;
    const { hostname, concurrency } = worker;
    this.#send({ type: 'ready', face: { hostname, concurrency, banner: bannerRows(worker, hasTasks) } });
  }

  /** Has the supervisor start it again when it has ended. */
  again(): string {
    this.#send({ type: 'again' });
    return `${this.#worker?.hostname ?? 'the node'} is started again.`;
  }

  /** Its own file in place of one that several nodes were given. */
  ownFile(path: string, node: string): string {
    const own = nodeFile(path, node, this.index);
    return isFilePerNode(path) ? own : `${own}-${String(this.index)}`;
  }

  /** It ends in order: nothing of it may be blamed. */
  close(): void {
    const { journal } = this.charge;
    rmSync(journal, { force: true });
    if (!this.#isOrphan) return;
    try {
      // Its supervisor would have; the last of the nodes can.
      rmdirSync(dirname(journal));
    } catch {
      // Others are still in it.
    }
  }

  #send(message: NodeMessage): void {
    // A pipe to a supervisor that is gone: `disconnect` tells of it.
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
  }
}
