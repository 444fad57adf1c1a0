/**
 * Does the faults: holds two workers on one SQLite file, feeds them with bursts of tasks, and kills, stops, arms and
 * replaces them. Touches only processes that it has started itself.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CeleriacProcess } from '../support/celeriac-process.js';
import { distRoot } from '../support/project.js';
import { CONCURRENCY, PREFETCH } from './worker-size.js';
import type { SplitMix64 } from './splitmix64.js';

export interface NemesisOptions {
  readonly folder: string;
  readonly seed: number;
  readonly random: SplitMix64;
  /** Publishes the next tasks; resolves when they are confirmed. */
  readonly publish: () => Promise<unknown>;
  /** The next numbers, for a producer of its own. */
  readonly takeNumbers: () => { readonly from: number; readonly to: number };
  /** That producer is gone: what it has confirmed stands in the ledger. */
  readonly onProducerGone: (range: { readonly from: number; readonly to: number }) => void;
  /** Resolves when the results of all that was published are there. */
  readonly settled: () => Promise<unknown>;
}

/** Longest time for a fault to strike. */
const STRIKE_MS = 10_000;
/** Longest wait for an armed worker to be ready: one that hangs at its failpoint never is. */
const START_MS = 5_000;

export class Nemesis {
  readonly random: SplitMix64;
  readonly #options: NemesisOptions;
  #workers: CeleriacProcess[] = [];
  /** Of these, the one with failpoints. */
  #armed: CeleriacProcess | null = null;
  /** Pid of the process that the present fault befalls; 0 when there is none. */
  victimPid = 0;

  constructor(options: NemesisOptions) {
    this.#options = options;
    this.random = options.random;
  }

  /** Brings the number of sound workers back to two: what is still armed would strike in the time of the next fault. */
  async restore(): Promise<void> {
    const armed = this.#workers.filter((worker) => worker === this.#armed);
    this.#workers = this.#workers.filter((worker) => worker !== this.#armed);
    this.#armed = null;
    const started = Array.from({ length: 2 - this.#workers.length }, () => this.#start(''));
    this.#workers.push(...started);
    await Promise.all([...started.map((worker) => worker.ready()), ...armed.map((worker) => worker.kill('SIGTERM'))]);
    this.victimPid = 0;
  }

  /** Ends all workers as a supervisor does. @returns exit codes other than 0 */
  async endAll(): Promise<number> {
    const ends = await Promise.all(this.#workers.map((worker) => worker.kill('SIGTERM')));
    this.#workers = [];
    return ends.filter(({ code }) => code !== 0).length;
  }

  async dispose(): Promise<void> {
    for (const worker of this.#workers) await worker.dispose();
  }

  burst(): Promise<unknown> {
    return this.#options.publish();
  }

  burstEnds(): Promise<unknown> {
    return this.#options.settled();
  }

  /** Long enough that the victim is in the middle of it. */
  shortPause(): Promise<unknown> {
    return wait(5 + this.random.below(120));
  }

  /** One worker ends warm, and one takes its place that has these failpoints. */
  async replaceWorker(failpoints: string): Promise<CeleriacProcess> {
    const leaving = this.#pick();
    const armed = this.#start(failpoints);
    // It may strike while it starts: then it ends, or hangs before it is ready.
    const started = Promise.race([armed.ready().catch(() => null), wait(START_MS, null, { ref: false })]);
    await Promise.all([started, leaving.kill('SIGTERM')]);
    this.#workers = [...this.#workers.filter((worker) => worker !== leaving), armed];
    this.#armed = armed;
    this.victimPid = armed.pid;
    return armed;
  }

  async diesOf(victim: CeleriacProcess, signal: NodeJS.Signals): Promise<boolean> {
    const end = await Promise.race([victim.end, wait(STRIKE_MS, null, { ref: false })]);
    if (end === null) return false;
    this.#workers = this.#workers.filter((worker) => worker !== victim);
    return end.signal === signal;
  }

  async losesMember(victim: CeleriacProcess): Promise<boolean> {
    const line = await Promise.race([victim.line(/exit code 70|code 70|70/), wait(STRIKE_MS, null, { ref: false })]);
    await this.burstEnds();
    return line !== null;
  }

  async killWorker(signal: 'SIGKILL' | 'SIGTERM'): Promise<boolean> {
    const victim = this.#pick();
    this.victimPid = victim.pid;
    this.#workers = this.#workers.filter((worker) => worker !== victim);
    const end = await victim.kill(signal);
    return signal === 'SIGKILL' ? end.signal === 'SIGKILL' : end.code === 0;
  }

  async stopAndContinue(stopMs: number): Promise<boolean> {
    const victim = this.#pick();
    this.victimPid = victim.pid;
    victim.child.kill('SIGSTOP');
    await wait(stopMs);
    victim.child.kill('SIGCONT');
    await this.burstEnds();
    return true;
  }

  /** Its I/O thread lives on; what it holds must come to others all the same, since its lease is the host's to renew. */
  async hangsAndDies(victim: CeleriacProcess, hangMs: number): Promise<boolean> {
    await wait(hangMs);
    await this.burstEnds();
    this.#workers = this.#workers.filter((worker) => worker !== victim);
    return (await victim.kill('SIGKILL')).signal === 'SIGKILL';
  }

  async lockStorm(times: number, holdMs: number): Promise<boolean> {
    const program = join(distRoot, 'test', 'chaos', 'lock-storm.js');
    const args = [program, join(this.#options.folder, 'queue.db'), String(times), String(holdMs)];
    const [code] = (await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'close')) as [number | null];
    return code === 0;
  }

  async killProducer(): Promise<boolean> {
    const { folder, seed } = this.#options;
    const { from, to } = this.#options.takeNumbers();
    const program = join(distRoot, 'test', 'chaos', 'producer.js');
    const child = spawn(process.execPath, [program, folder, String(seed), String(from), String(to)], {
      env: { ...process.env, CHAOS_FOLDER: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    await this.shortPause();
    child.kill('SIGKILL');
    await once(child, 'close');
    this.#options.onProducerGone({ from, to });
    return true;
  }

  #pick(): CeleriacProcess {
    const worker = this.#workers[this.random.below(this.#workers.length)];
    if (worker === undefined) throw new Error('there is no worker left');
    return worker;
  }

  #start(failpoints: string): CeleriacProcess {
    const { folder } = this.#options;
    const app = join(distRoot, 'test', 'chaos', 'tasks.js');
    const multiplier = String(PREFETCH / CONCURRENCY);
    const args = ['-A', app, 'worker', '-c', String(CONCURRENCY), '--prefetch-multiplier', multiplier, '-l', 'warning'];
    return new CeleriacProcess(args, {
      cwd: folder,
      env: { CHAOS_FOLDER: folder, CELERIAC_FAILPOINT: failpoints },
    });
  }
}
