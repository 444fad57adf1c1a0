/**
 * The tree of results that a task has led to (RES-10): walked breadth first as it is read, and as a graph for Graphviz.
 * Client, host and member.
 */
import { IncompleteStream } from '../kernel/errors.js';
import type { ResultNode } from './result-node.js';

export interface TreeOptions {
  /** Pass over what is not ready instead of throwing IncompleteStream. @defaultValue false */
  readonly intermediate?: boolean;
}

export interface GraphOptions {
  /** Label of a node in the drawing. @defaultValue the id */
  readonly formatter?: (node: ResultNode) => string;
}

/** @throws IncompleteStream after a node that is not ready, unless `intermediate` */
export async function* resultTree(
  root: ResultNode,
  { intermediate = false }: TreeOptions,
): AsyncGenerator<readonly [parent: ResultNode | null, node: ResultNode], void, undefined> {
  const waiting: (readonly [ResultNode | null, ResultNode])[] = [[null, root]];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [, node] = next;
    yield next;
    if (await node.ready()) {
      for (const child of await node.children()) waiting.push([node, child]);
    } else if (!intermediate) {
      throw new IncompleteStream(`the result of task ${node.id} is not ready: what it leads to is not known yet`);
    }
  }
}

export class ResultGraph implements Iterable<ResultNode> {
  readonly #formatter: (node: ResultNode) => string;
  readonly #nodes = new Map<string, ResultNode>();
  readonly #edges: (readonly [from: string, to: string])[] = [];

  private constructor({ formatter = (node) => node.id }: GraphOptions) {
    this.#formatter = formatter;
  }

  /** @throws as `resultTree` */
  static async build(root: ResultNode, options: TreeOptions & GraphOptions): Promise<ResultGraph> {
    const graph = new ResultGraph(options);
    for await (const [parent, node] of resultTree(root, options)) {
      graph.#nodes.set(node.id, node);
      if (parent !== null) graph.#edges.push([parent.id, node.id]);
    }
    return graph;
  }

  /** Pairs of ids: a task, and what it has sent. */
  get edges(): readonly (readonly [from: string, to: string])[] {
    return this.#edges;
  }

  [Symbol.iterator](): Iterator<ResultNode> {
    return this.#nodes.values();
  }

  /** The graph in Graphviz' language. */
  toDot(): string {
    const nodes = [...this.#nodes.values()].map(
      (node) => `    ${quote(node.id)} [label=${quote(this.#formatter(node))}, shape=oval];`,
    );
    const edges = this.#edges.map(([from, to]) => `    ${quote(from)} -> ${quote(to)};`);
    return ['digraph results {', ...nodes, ...edges, '}', ''].join('\n');
  }
}

function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
