/**
 * Sends messages of strangers to a worker of this process and tells where each has ended (reliability §3.4). The worker
 * must live through all of them, and run a good message behind every batch.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEATH_HEADER, Worker } from '../../core/worker/public.js';
import type { Celeriac } from '../../core/app/public.js';
import type { HeaderBlock } from '../../core/kernel/header-block.js';
import type { Transport } from '../../core/ports/transport.js';
import { deadQueueOf } from '../../core/worker/dead-letter.js';
import { HOSTILE_HEADER, type HostileMessage } from './hostile-messages.js';
import type * as HostileTasks from './members/hostile-tasks.js';

export interface HostileReport {
  /** Message number → where it has ended: `run`, `revoked`, or `dead: reason`; several when it is in several places. */
  readonly ends: ReadonlyMap<number, readonly string[]>;
  /** Messages that are nowhere to be traced: their headers cannot be read; where they have ended. */
  readonly untraced: readonly string[];
  readonly reasons: ReadonlySet<string>;
  /** Left in the queue. */
  readonly left: number;
  /** Whether a prototype of the host or a member has changed. */
  readonly isPolluted: boolean;
}

/** Longest wait for the good message behind a batch, ms. */
const GOOD_MS = 60_000;

export class HostileRun {
  readonly app: Celeriac;
  readonly #tasks: typeof HostileTasks;
  readonly #record: string;
  readonly #worker: Worker;
  readonly #transport: Transport;

  private constructor(parts: { tasks: typeof HostileTasks; record: string; worker: Worker; transport: Transport }) {
    this.app = parts.tasks.app;
    this.#tasks = parts.tasks;
    this.#record = parts.record;
    this.#worker = parts.worker;
    this.#transport = parts.transport;
  }

  /** One a process: the app module reads the address when it is loaded. */
  static async start(url: string, folder: string): Promise<HostileRun> {
    const record = join(folder, 'runs');
    writeFileSync(record, '');
    process.env['HOSTILE_URL'] = url;
    process.env['HOSTILE_RECORD'] = record;
    const tasks = await import('./members/hostile-tasks.js');
    const module = new URL('./members/hostile-tasks.js', import.meta.url);
    const worker = await Worker.start({
      module,
      app: tasks.app,
      concurrency: 1,
      settings: { workerPrefetchMultiplier: 64 },
    });
    return new HostileRun({ tasks, record, worker, transport: await tasks.app.connections.transport() });
  }

  get queue(): string {
    return this.app.conf.taskDefaultQueue;
  }

  /** One batch and a good message behind it. @throws Error when that does not run. */
  async send(batch: readonly HostileMessage[]): Promise<void> {
    await this.#transport.publish(batch.map(({ message }) => message));
    const sum = await (await this.#tasks.add.delay(2, 3)).get({ timeoutMs: GOOD_MS });
    if (sum !== 5) throw new Error(`2 + 3 is ${String(sum)} after ${batch[0]?.title ?? 'nothing'}`);
    if (this.#worker.state !== 'ready') throw new Error(`the worker is ${this.#worker.state}`);
  }

  /** Reasons of the dead letters so far, which are thrown away: a million of them need not lie in memory. */
  async takeReasons(): Promise<ReadonlySet<string>> {
    const dead = deadQueueOf(this.queue);
    const letters = await this.#transport.browse(dead, 2_000);
    await this.#transport.purge(dead);
    return new Set(letters.map(({ headers }) => reasonOf(headers)));
  }

  /** Ends the worker and looks where everything is. @param count of the messages, numbered from 0 */
  async end(count: number): Promise<HostileReport> {
    const isPolluted = (await (await this.#tasks.look.delay()).get({ timeoutMs: GOOD_MS })) || 'polluted' in {};
    await this.#worker.close({ timeoutMs: 10_000 });
    const ends = new Map<number, string[]>();
    const untraced: string[] = [];
    const note = (number: unknown, end: string): void => {
      if (typeof number !== 'number') untraced.push(end);
      else ends.set(number, [...(ends.get(number) ?? []), end]);
    };
    for (const line of readFileSync(this.#record, 'utf8').split('\n')) if (line !== '') note(Number(line), 'run');
    const reasons = new Set<string>();
    for (const { headers } of await this.#transport.browse(deadQueueOf(this.queue), 2 * count)) {
      const reason = reasonOf(headers);
      reasons.add(reason);
      note(headers.table[HOSTILE_HEADER], `dead: ${reason}`);
    }
    for (let number = 0; number < count; number++) {
      const isRevoked = (await this.app.asyncResult(`hostile-${String(number)}`).state()) === 'REVOKED';
      if (isRevoked) note(number, 'revoked');
    }
    const left = await this.#transport.count(this.queue);
    await this.app.close();
    return { ends, untraced, reasons, left, isPolluted };
  }
}

function reasonOf(headers: HeaderBlock): string {
  const certificate = headers.table[DEATH_HEADER] as { readonly reason?: string } | undefined;
  return certificate?.reason ?? 'none';
}
