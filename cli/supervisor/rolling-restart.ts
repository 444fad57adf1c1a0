/**
 * One node after another is ended warm and started again, with the code and settings that are there now (HUP): the next
 * one only when the former is ready, so that all but one work at any time, and a module that cannot be loaded costs one.
 */
import type { NodeEnd, SupervisedNode } from './supervised-node.js';

export class RollingRestart {
  readonly #nodes: readonly SupervisedNode[];
  readonly #note: (text: string) => void;
  /** Still to come. */
  #queue: SupervisedNode[] = [];
  /** Ends, or is being started again. */
  #current: SupervisedNode | null = null;

  constructor(nodes: readonly SupervisedNode[], note: (text: string) => void) {
    this.#nodes = nodes;
    this.#note = note;
  }

  /** One that is under way starts from its beginning. */
  start(): void {
    this.#queue = [...this.#nodes];
    this.#note('SIGHUP: nodes are restarted, one after another.');
    if (this.#current === null) this.#next();
  }

  /** Whether the end of this process was ours. The death of the new one ends it all. */
  takes(node: SupervisedNode, end: NodeEnd): boolean {
    if (node !== this.#current) return false;
    if (end.from === 'stopping') return true;
    this.#current = null;
    this.#note(`${node.name} does not start again: the other nodes stay as they are.`);
    return false;
  }

  onReady(node: SupervisedNode): void {
    if (node !== this.#current) return;
    this.#current = null;
    this.#next();
  }

  #next(): void {
    // Whatever is not ready is about to be started anew anyway.
    const node = this.#queue.shift();
    if (node === undefined) {
      this.#note('All nodes were restarted.');
      return;
    }
    if (node.state !== 'ready') {
      this.#next();
      return;
    }
    this.#current = node;
    node.stop('SIGTERM');
  }
}
