/**
 * Publishes the tasks of a range and writes into the ledger what it knows of each. `Producer` in the run's own process;
 * started as a program (`producer.js FOLDER SEED FROM TO`) it is one that can be killed in the middle.
 */
import { pathToFileURL } from 'node:url';
import { ConfigError, EncodeError, type AsyncResult } from '../../core/app/public.js';
import { hashOf, LedgerKind, LedgerWriter } from '../support/ledger-record.js';
import { app, type ChaosValue } from './tasks.js';
import { specOf, taskIdOf } from './workload.js';

export class Producer {
  readonly #ledger: LedgerWriter;
  readonly #seed: number;

  constructor(ledger: LedgerWriter, seed: number) {
    this.#ledger = ledger;
    this.#seed = seed;
  }

  /** Resolves when each task of [from, to) is confirmed, refused or unknown; with the handles of all that may run. */
  async publish(from: number, to: number): Promise<readonly (readonly [taskNo: number, AsyncResult<ChaosValue>])[]> {
    const sent: (readonly [number, AsyncResult<ChaosValue>])[] = [];
    await Promise.all(
      Array.from({ length: to - from }, async (_, i) => {
        const taskNo = from + i;
        if (await this.#publishOne(taskNo)) sent.push([taskNo, app.asyncResult(taskIdOf(this.#seed, taskNo))]);
      }),
    );
    return sent;
  }

  async #publishOne(taskNo: number): Promise<boolean> {
    const taskId = taskIdOf(this.#seed, taskNo);
    const entry = { taskNo, key: hashOf(taskId) };
    this.#ledger.write({ ...entry, kind: LedgerKind.P_INVOKE });
    try {
      const { countdownSeconds: countdown } = specOf(this.#seed, taskNo);
      await app.sendTask('chaos.work', { args: [this.#seed, taskNo], taskId, countdown });
      this.#ledger.write({ ...entry, kind: LedgerKind.P_OK });
      return true;
    } catch (error) {
      const isRefused = error instanceof EncodeError || error instanceof ConfigError;
      this.#ledger.write({ ...entry, kind: isRefused ? LedgerKind.P_FAIL : LedgerKind.P_UNKNOWN });
      return !isRefused;
    }
  }
}

async function main(): Promise<void> {
  const [folder = '.', seed, from, to] = process.argv.slice(2);
  const producer = new Producer(new LedgerWriter(folder), Number(seed));
  process.stdout.write('publishing\n');
  // In small batches, so that a kill meets confirmed, unconfirmed and unsent ones.
  for (let at = Number(from); at < Number(to); at += 5) await producer.publish(at, Math.min(at + 5, Number(to)));
  await app.close();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) void main();
