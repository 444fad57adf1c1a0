/**
 * One node as its supervisor sees it: at most one process at a time, its state, its health. What becomes of a process
 * that ended is decided by the listener (`supervisor.ts`).
 */
import type { Clock, TimerHandle } from '../../core/kernel/clock.js';
import { StateMachine } from '../../core/kernel/state-machine.js';
import { NodeHealth, type Illness } from './health.js';
import {
  readNodeMessage,
  type Crashes,
  type NodeCharge,
  type NodeFace,
  type SupervisorMessage,
} from './node-messages.js';
import { nodeTransitions, type NodeState } from './node-state.js';

/** A process, as much as is needed of it. */
export interface NodeChild {
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
  /** Lost without an error where the other side is gone. */
  send(message: SupervisorMessage): void;
}

export interface ChildListener {
  onMessage(message: unknown): void;
  /** Once, when the process is gone or could not be started. */
  onExit(code: number | null, signal: NodeJS.Signals | null): void;
}

export type SpawnNode = (charge: NodeCharge, listener: ChildListener) => NodeChild;

export interface NodeEnd {
  readonly pid: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The state in which it ended. */
  readonly from: NodeState;
  /** How long it had been ready, ms; null when it never was. */
  readonly readyMs: number | null;
  /** It has asked for it. */
  readonly wantsAgain: boolean;
}

/** What follows: it is started again after `delayMs`, or never (null). */
export interface NextLife {
  readonly delayMs: number | null;
}

export interface NodeListener {
  onReady(node: SupervisedNode): void;
  onIll(node: SupervisedNode, illness: Illness): void;
  onCleared(id: string): void;
  onEnd(node: SupervisedNode, end: NodeEnd): NextLife;
  /** It is not going to be started again. */
  onLeft(node: SupervisedNode): void;
}

export interface SupervisedNodeOptions {
  readonly index: number;
  readonly name: string;
  readonly clock: Clock;
  readonly spawn: SpawnNode;
  /** What the next process is told. */
  readonly charge: () => NodeCharge;
  readonly listener: NodeListener;
}

export class SupervisedNode {
  readonly index: number;
  readonly name: string;
  /** As the last process that was ready has told. */
  face: NodeFace | null = null;
  /** Processes that were started. */
  starts = 0;
  readonly #options: SupervisedNodeOptions;
  readonly #machine: StateMachine<NodeState>;
  #child: NodeChild | null = null;
  #health: NodeHealth;
  #readyMonoMs: number | null = null;
  #wantsAgain = false;
  #timer: TimerHandle | null = null;

  constructor(options: SupervisedNodeOptions) {
    this.#options = options;
    this.index = options.index;
    this.name = options.name;
    this.#machine = new StateMachine(nodeTransitions, 'waiting', { subject: options.name });
    this.#health = new NodeHealth(options.clock.nowMonoMs());
  }

  get state(): NodeState {
    return this.#machine.state;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** ms since its last sign. */
  get silentMs(): number {
    return this.#health.silentMs(this.#options.clock.nowMonoMs());
  }

  start(): void {
    const { clock, spawn, charge } = this.#options;
    this.#timer = null;
    this.#machine.to('starting');
    const life = ++this.starts;
    this.#readyMonoMs = null;
    this.#wantsAgain = false;
    this.#health = new NodeHealth(clock.nowMonoMs());
    this.#child = spawn(charge(), {
      onMessage: (message) => {
        // A process that is gone has nothing to say for the next one.
        if (life === this.starts && this.#child !== null) this.#hear(message);
      },
      onExit: (code, signal) => {
        this.#exit(code, signal);
      },
    });
  }

  /** Tells it to end, as the signal means; one that has no process leaves at once. */
  stop(signal: NodeJS.Signals): void {
    if (this.#machine.is('waiting')) {
      this.#timer?.cancel();
      this.#leave();
      return;
    }
    if (this.#machine.is('starting', 'ready')) this.#machine.to('stopping');
    this.#child?.kill(signal);
  }

  /** Ends it at once. */
  kill(): void {
    if (!this.#machine.is('starting', 'ready', 'stopping')) return;
    this.#machine.to('killing');
    this.#child?.kill('SIGKILL');
  }

  tell(crashes: Crashes): void {
    this.#child?.send({ type: 'blamed', crashes });
  }

  /** Says what is wrong with it, if anything is. To be called every `LOOK_INTERVAL_MS`. */
  look(): void {
    if (!this.#machine.is('starting', 'ready', 'stopping')) return;
    const illness = this.#health.look(this.#options.clock.nowMonoMs());
    // Also of one that is told to end while it starts: a module in an endless loop hears no signal.
    if (illness !== null) this.#options.listener.onIll(this, illness);
  }

  #hear(value: unknown): void {
    const nowMonoMs = this.#options.clock.nowMonoMs();
    const message = readNodeMessage(value);
    this.#health.beat(nowMonoMs);
    switch (message?.type) {
      case 'loaded':
        this.#health.loaded(nowMonoMs, message);
        return;
      case 'ready':
        this.#readyMonoMs = nowMonoMs;
        this.face = message.face;
        this.#health.ready(nowMonoMs);
        if (!this.#machine.is('starting')) return;
        this.#machine.to('ready');
        this.#options.listener.onReady(this);
        return;
      case 'again':
        this.#wantsAgain = true;
        return;
      case 'cleared':
        this.#options.listener.onCleared(message.id);
        return;
      case 'beat':
      case undefined:
    }
  }

  #exit(code: number | null, signal: NodeJS.Signals | null): void {
    const { clock, listener } = this.#options;
    const readyMs = this.#readyMonoMs === null ? null : clock.nowMonoMs() - this.#readyMonoMs;
    const end = { pid: this.pid ?? 0, code, signal, from: this.state, readyMs, wantsAgain: this.#wantsAgain };
    this.#child = null;
    const { delayMs } = listener.onEnd(this, end);
    if (delayMs === null) {
      this.#leave();
      return;
    }
    this.#machine.to('waiting');
    this.#timer = clock.after(delayMs, () => {
      this.start();
    });
  }

  #leave(): void {
    this.#machine.to('left');
    this.#options.listener.onLeft(this);
  }
}
