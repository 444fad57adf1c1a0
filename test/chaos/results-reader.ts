/** A client that reads every result, when it comes and once more at the end, and writes down what it saw. */
import { CeleriacError, TimeoutError, type AsyncResult } from '../../core/app/public.js';
import { hashOf, LedgerKind, LedgerOutcome, type LedgerWriter } from '../support/ledger-record.js';
import { app, type ChaosValue } from './tasks.js';
import { childrenOf } from './workload.js';

/** Longest wait for one result; what has none then is the checker's finding. */
const RESULT_MS = 60_000;

export class ResultsReader {
  readonly #ledger: LedgerWriter;
  readonly #handles = new Map<number, AsyncResult<ChaosValue>>();
  #pending: Promise<void>[] = [];

  constructor(ledger: LedgerWriter) {
    this.#ledger = ledger;
  }

  /** Waits for these in the background. */
  follow(sent: readonly (readonly [taskNo: number, handle: AsyncResult<ChaosValue>])[]): void {
    for (const [taskNo, handle] of sent) {
      this.#handles.set(taskNo, handle);
      this.#pending.push(this.#read(taskNo, handle, RESULT_MS));
    }
  }

  /** Resolves when all that is followed has its result, children too, or is given up. */
  async settled(): Promise<void> {
    while (this.#pending.length > 0) {
      const pending = this.#pending;
      this.#pending = [];
      await Promise.all(pending);
    }
  }

  /** Reads everything once more. Of tasks whose publish nobody confirmed only those that have a result by now. */
  async readAgain(unconfirmed: readonly (readonly [number, AsyncResult<ChaosValue>])[]): Promise<void> {
    for (const [taskNo, handle] of unconfirmed) {
      if (await handle.ready()) this.#handles.set(taskNo, handle);
    }
    await Promise.all([...this.#handles].map(([taskNo, handle]) => this.#read(taskNo, handle, 1_000)));
    await this.settled();
  }

  async #read(taskNo: number, handle: AsyncResult<ChaosValue>, timeoutMs: number): Promise<void> {
    const seen = { kind: LedgerKind.RESULT_SEEN, taskNo, key: hashOf(handle.id) };
    try {
      const { value, by } = await handle.get({ timeoutMs });
      this.#ledger.write({ ...seen, outcome: LedgerOutcome.OK, valueHash: hashOf(String(value)), writer: by });
      // The trail in the document: in the order in which they were sent.
      const ids = (await handle.children()).map(({ id }) => id);
      const numbered = ids.map((id, i) => [childrenOf(taskNo)[i] ?? 0, app.asyncResult<ChaosValue>(id)] as const);
      this.follow(numbered.filter(([childNo]) => !this.#handles.has(childNo)));
    } catch (error) {
      if (error instanceof TimeoutError) return;
      if (!(error instanceof CeleriacError)) throw error;
      this.#ledger.write({ ...seen, outcome: LedgerOutcome.FAILURE, writer: 0 });
    }
  }
}
