/**
 * P nodes under one process (`--processes`, design §5): starts them, replaces those that die or fall silent, names what a
 * dead one ran, passes signals on, and ends with the worst exit code. It loads neither tasks nor broker, so nothing that a
 * task does can take it along. Main thread of the process that was started; `launch.ts` gives it its parts.
 */
import type { Clock } from '../../core/kernel/clock.js';
import type { Random } from '../../core/kernel/random.js';
import { StateMachine } from '../../core/kernel/state-machine.js';
import type { LeveledLogger } from '../../core/ports/logger.js';
import type { JournalEntry } from '../../core/worker/crashes/journal-record.js';
import { ExitCode } from '../exit-code.js';
import { Blame } from './blame.js';
import { howItEnded, isCrash, tasksOf, whatItRan } from './death-notice.js';
import { LOOK_INTERVAL_MS, type Illness } from './health.js';
import { RestartPolicy } from './restart-policy.js';
import { RollingRestart } from './rolling-restart.js';
import { SupervisedNode, type NextLife, type NodeEnd, type NodeListener, type SpawnNode } from './supervised-node.js';
import { supervisorTransitions, type SupervisorState } from './supervisor-state.js';

export interface SupervisorOptions {
  /** Names of the nodes, in their order. */
  readonly names: readonly string[];
  readonly spawn: SpawnNode;
  /** File of the in-flight journal of a node. */
  readonly journalOf: (index: number) => string;
  /** Reads it and clears it away: the next process may die before it has one. */
  readonly takeJournal: (path: string) => readonly JournalEntry[];
  /** The queues are purged by the first start of the first node. */
  readonly purges: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: LeveledLogger;
  /** Text for people. */
  readonly note: (text: string) => void;
  /** Every node is ready, for the first time. */
  readonly onReady: (nodes: readonly SupervisedNode[]) => void;
}

/** Ends of a start that will be the same next time: options, settings, a file that cannot be made. */
const HOPELESS: ReadonlySet<number | null> = new Set([ExitCode.BAD_OPTION, ExitCode.USAGE, ExitCode.CANNOT_CREATE]);
/** Another node may tell more meanwhile. */
const HOPELESS_DELAY_MS = 1_000;
/** A process that had no handler yet ends by them. */
const STOP_SIGNALS: ReadonlySet<NodeJS.Signals | null> = new Set(['SIGTERM', 'SIGINT', 'SIGQUIT']);
/** Warm, cold, the last time of what runs, and enough of it. */
const MAX_HURRIES = 4;

export class Supervisor implements NodeListener {
  readonly #options: SupervisorOptions;
  readonly #machine = new StateMachine<SupervisorState>(supervisorTransitions, 'starting', { subject: 'supervisor' });
  readonly #nodes: readonly SupervisedNode[];
  readonly #policies = new Map<SupervisedNode, RestartPolicy>();
  /** Nodes whose last start was hopeless → with which exit code. */
  readonly #hopeless = new Map<SupervisedNode, number>();
  readonly #blame = new Blame();
  readonly #rolling: RollingRestart;
  #worst: number = ExitCode.OK;
  #hurries = 0;
  #end: (code: number) => void = () => undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    const { names, clock, spawn, journalOf, random, note } = options;
    this.#nodes = names.map((name, i) => {
      const index = i + 1;
      const charge = () => ({
        index,
        processes: names.length,
        journal: journalOf(index),
        purges: options.purges && index === 1 && node.starts === 1,
        crashes: this.#blame.crashes,
      });
      const node = new SupervisedNode({ index, name, clock, spawn, charge, listener: this });
      this.#policies.set(node, new RestartPolicy(random));
      return node;
    });
    this.#rolling = new RollingRestart(this.#nodes, note);
  }

  get state(): SupervisorState {
    return this.#machine.state;
  }

  /** Runs once; resolves with the exit code when no node is left. */
  run(): Promise<number> {
    const [first, ...others] = this.#nodes;
    first?.start();
    // Purging is over when the first is ready: what is sent after that belongs to all.
    if (!this.#options.purges) for (const node of others) node.start();
    return new Promise((resolve) => {
      const looking = this.#look();
      this.#end = (code) => {
        looking.cancel();
        resolve(code);
      };
    });
  }

  /** A signal of the operator (WORK-70 to 77). Nodes are not in our process group: none has it twice. */
  receive(signal: NodeJS.Signals): void {
    if (signal === 'SIGHUP') {
      if (this.#machine.is('running')) this.#rolling.start();
      else this.#options.note('SIGHUP: not now, nodes are being started or ended.');
      return;
    }
    if (signal !== 'SIGTERM') this.#hurries++;
    this.#stop(signal);
    if (this.#hurries >= MAX_HURRIES) for (const node of this.#nodes) node.kill();
  }

  onReady(node: SupervisedNode): void {
    this.#hopeless.clear();
    const { clock, note, onReady } = this.#options;
    if (this.#machine.is('starting')) {
      // The first of a start with --purge.
      for (const other of this.#nodes) if (other.starts === 0 && other.state === 'waiting') other.start();
      const present = this.#nodes.filter(({ state }) => state !== 'left');
      if (!present.every(({ state }) => state === 'ready')) return;
      this.#machine.to('running');
      onReady(this.#nodes);
      return;
    }
    note(`${node.name} is back as process ${String(node.pid)}.`);
    // In the next turn, so that this one is told to everybody first.
    clock.after(0, () => {
      this.#rolling.onReady(node);
    });
  }

  onIll(node: SupervisedNode, illness: Illness): void {
    const { logger } = this.#options;
    const silence = `has given no sign for ${String(Math.round(node.silentMs / 1_000))} s`;
    const why = illness === 'late' ? 'is not ready in time' : silence;
    logger.error({ node: node.name, nodePid: node.pid, illness }, `${node.name} ${why}: it is killed`);
    node.kill();
  }

  onCleared(id: string): void {
    this.#blame.cleared(id);
  }

  onEnd(node: SupervisedNode, end: NodeEnd): NextLife {
    const entries = this.#options.takeJournal(this.#options.journalOf(node.index));
    if (isCrash(end)) this.#spread(node, entries);
    if (this.#machine.is('stopping')) return this.#ended(node, end, entries);
    if (end.wantsAgain || this.#rolling.takes(node, end)) {
      this.#policies.get(node)?.reset();
      return { delayMs: 0 };
    }
    if (end.code === ExitCode.OK) {
      this.#options.note(`${node.name} has stopped by itself and is not started again.`);
      return { delayMs: null };
    }
    if (end.readyMs === null && HOPELESS.has(end.code)) this.#hopeless.set(node, end.code ?? 0);
    else this.#hopeless.delete(node);
    if (this.#machine.is('starting') && this.#hopeless.size === this.#nodes.length) return this.#giveUp();
    return this.#again(node, end, entries);
  }

  onLeft(): void {
    if (this.#machine.is('ended') || !this.#nodes.every(({ state }) => state === 'left')) return;
    this.#machine.to('ended');
    this.#end(this.#worst);
  }

  /** Everybody who may run it next must know of the suspects. */
  #spread(node: SupervisedNode, entries: readonly JournalEntry[]): void {
    const crashes = this.#blame.died(entries);
    if (crashes.length > 0) for (const other of this.#nodes) if (other !== node) other.tell(crashes);
  }

  #again(node: SupervisedNode, end: NodeEnd, entries: readonly JournalEntry[]): NextLife {
    const { logger, clock } = this.#options;
    const { delayMs, deaths, isOpen } = this.#policies.get(node)?.died(end.readyMs) ?? { delayMs: 0, deaths: 1 };
    const isHopeless = this.#hopeless.has(node);
    const nextMs = isHopeless ? Math.max(delayMs, HOPELESS_DELAY_MS) : delayMs;
    const times = isOpen === true ? `, ${String(deaths)} times in a row` : '';
    const text =
      `${node.name} died: ${howItEnded(end)}${times}${whatItRan(entries, clock.nowEpochMs())}; ` +
      `it is started again in ${(nextMs / 1_000).toFixed(1)} s`;
    const { pid, code, signal } = end;
    logger.error({ node: node.name, nodePid: pid, code, signal, deaths, tasks: tasksOf(entries) }, text);
    return { delayMs: nextMs };
  }

  /** It was told to end. */
  #ended(node: SupervisedNode, end: NodeEnd, entries: readonly JournalEntry[]): NextLife {
    const { code, signal, pid } = end;
    if (isCrash(end) && !STOP_SIGNALS.has(signal)) {
      const text = `${node.name} died while it stopped: ${howItEnded(end)}`;
      const tasks = tasksOf(entries);
      this.#options.logger.error(
        { node: node.name, nodePid: pid, code, signal, tasks },
        `${text}${whatItRan(entries, this.#options.clock.nowEpochMs())}`,
      );
    }
    const own = code ?? (signal === 'SIGTERM' && end.from === 'stopping' ? ExitCode.OK : ExitCode.FAILURE);
    this.#worst = Math.max(this.#worst, own);
    return { delayMs: null };
  }

  /** No node can start, and none ever will. */
  #giveUp(): NextLife {
    const code = Math.max(...this.#hopeless.values());
    this.#worst = code;
    this.#options.note(`celeriac: no node can start (exit code ${String(code)}): the reason stands above`);
    this.#stop('SIGTERM');
    return { delayMs: null };
  }

  #stop(signal: NodeJS.Signals): void {
    if (this.#machine.is('starting', 'running')) this.#machine.to('stopping');
    for (const node of this.#nodes) node.stop(signal);
  }

  #look(): { cancel(): void } {
    const { clock } = this.#options;
    const again = () =>
      clock.after(LOOK_INTERVAL_MS, () => {
        timer = again();
        for (const node of this.#nodes) node.look();
      });
    let timer = again();
    return {
      cancel: () => {
        timer.cancel();
      },
    };
  }
}
