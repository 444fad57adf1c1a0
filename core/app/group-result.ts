/**
 * The results of a group (RES-24): a result set with an id, which can be kept at the backend and found again by it, from
 * Python too. Client, host and member.
 */
import { ProtocolError } from '../kernel/errors.js';
import { decodeJson } from '../protocol/json-decode.js';
import { decodeResultTuple, type ResultTuple } from '../protocol/result-tuple.js';
import { resultArrivals } from './result-arrivals.js';
import type { ResultNode, ResultSource } from './result-node.js';
import { ResultSet } from './result-set.js';
import type { WaitOptions } from './result-updates.js';

export interface GroupResultParts<R> {
  readonly id: string;
  readonly results: Iterable<ResultNode<R>>;
  /** The result before the group in a chain. */
  readonly parent?: ResultNode | null;
}

export class GroupResult<R = unknown> extends ResultSet<R> implements ResultNode<readonly R[]> {
  readonly id: string;
  readonly parent: ResultNode | null;

  /** @internal */
  constructor({ id, results, parent = null }: GroupResultParts<R>, source: ResultSource) {
    super(results, source);
    this.id = id;
    this.parent = parent;
  }

  /** The group that was saved under this id, by a Node or Python program; null when there is none. */
  static async restore<R = unknown>(
    id: string,
    app: { readonly resultSource: ResultSource },
  ): Promise<GroupResult<R> | null> {
    const { resultSource: source } = app;
    const document = await source.outlet.fetchGroup(id);
    if (document === null) return null;
    const { format, limits } = source;
    const saved = (format === null ? decodeJson(document, limits) : format.decode(document, limits)) as Readonly<
      Record<string, unknown>
    > | null;
    const tuple = decodeResultTuple(saved?.['result']);
    if (tuple === null) throw new ProtocolError(`what is saved as group ${id} is no group of results`);
    const [[groupId, parent], members] = tuple;
    return new GroupResult<R>(
      {
        id: groupId,
        results: (members ?? []).map((member) => source.fromTuple(member) as ResultNode<R>),
        parent: parent === null ? null : source.fromTuple(parent),
      },
      source,
    );
  }

  /** Keeps ids and order of the members at the backend, as long as a result. */
  async save(): Promise<void> {
    await this.source.outlet.saveGroup(this.id, Buffer.from(JSON.stringify({ result: this.asTuple() })));
  }

  /** Removes what `save` has kept; the results stay. */
  async delete(): Promise<void> {
    await this.source.outlet.deleteGroup(this.id);
  }

  /** The members. */
  children(): Promise<readonly ResultNode[]> {
    return Promise.resolve(this.results);
  }

  /** Resolves when all are ready, whatever has become of them. @throws TimeoutError; the signal's reason */
  async readyBarrier(options: WaitOptions = {}): Promise<void> {
    const arrivals = resultArrivals(this.results, this.source, options);
    while ((await arrivals.next()).done !== true);
  }

  asTuple(): ResultTuple {
    return [[this.id, this.parent?.asTuple() ?? null], this.results.map((node) => node.asTuple())];
  }

  /** What a task that returns the handle, or takes it as an argument, finds: the tuple, as with Celery. */
  toJSON(): ResultTuple {
    return this.asTuple();
  }

  override equals(other: unknown): boolean {
    return other instanceof GroupResult && other.id === this.id && super.equals(other);
  }

  override toString(): string {
    return this.id;
  }
}
