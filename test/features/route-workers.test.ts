/** Routes that only show with several workers on one broker: ROUTE-04, 11 and 12, in memory and on a file. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { BroadcastChannel } from 'node:worker_threads';
import { Celeriac, Exchange, workerDirect } from '../../core/app/public.js';
import { Worker, type WorkerOptions } from '../../core/worker/public.js';
import { app, CROWD_CHANNEL } from '../support/members/crowd-tasks.js';

const module = new URL('../support/members/crowd-tasks.js', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'celeriac-crowd-'));
const ADDRESSES = ['memory://crowd', `sqlite://${join(folder, 'crowd.db')}`];

class Crowd {
  readonly sender: Celeriac;
  readonly #address: string;
  /** Ends the names of its workers: the other crowd speaks in the same process. */
  readonly #domain: string;
  readonly #workers: Worker[] = [];
  readonly #heard: string[] = [];
  readonly #channel = new BroadcastChannel(CROWD_CHANNEL);
  #onWord: () => void = () => undefined;

  constructor(address: string) {
    this.#address = address;
    this.#domain = `@${address.split(':', 1).join('')}`;
    this.sender = new Celeriac('sender', { brokerUrl: address, setAsCurrent: false });
    this.#channel.onmessage = (event: unknown) => {
      const [word = '', hostname = ''] = (event as { readonly data: readonly string[] }).data;
      if (!hostname.endsWith(this.#domain)) return;
      this.#heard.push(`${word} at ${hostname.replace(this.#domain, '')}`);
      this.#onWord();
    };
  }

  nameOf(worker: string): string {
    return `${worker}${this.#domain}`;
  }

  async join(name: string, options: Partial<WorkerOptions> = {}): Promise<Worker> {
    const settings = { brokerUrl: this.#address, ...options.settings };
    const worker = await Worker.start({
      app,
      module,
      concurrency: 1,
      hostname: this.nameOf(name),
      ...options,
      settings,
    });
    this.#workers.push(worker);
    return worker;
  }

  /** What was heard, sorted, when there is so much of it; it is forgotten then. */
  async heard(count: number): Promise<readonly string[]> {
    while (this.#heard.length < count) await new Promise<void>((resolve) => (this.#onWord = resolve));
    return this.#heard.splice(0).sort();
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()));
    await this.sender.close();
    this.#channel.close();
  }
}

describe('several workers on one broker', { timeout: 60_000 }, () => {
  const crowds = ADDRESSES.map((address) => new Crowd(address));
  before(async () => {
    const settings = { workerDirect: true };
    for (const crowd of crowds) {
      await crowd.join('one', { settings, queues: ['celery', 'news'] });
      await crowd.join('two', { settings, excludeQueues: ['celery', 'images'] });
    }
  });
  after(async () => {
    for (const crowd of crowds) await crowd.close();
    await app.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('ROUTE-04: a worker takes from its selected queues only, and makes those that are missing', async () => {
    for (const crowd of crowds) {
      const { sender } = crowd;
      await sender.sendTask('crowd.hear', { args: ['image'], queue: 'images' });
      for (const word of ['a', 'b', 'c']) await sender.sendTask('crowd.hear', { args: [word], queue: 'celery' });
      assert.deepStrictEqual(await crowd.heard(3), ['a at one', 'b at one', 'c at one']);
      const transport = await sender.connections.transport();
      assert.equal((await transport.stats('images')).ready, 1);
      await crowd.join('three', { queues: ['images', 'made'] });
      await sender.sendTask('crowd.hear', { args: ['new'], queue: 'made' });
      assert.deepStrictEqual(await crowd.heard(2), ['image at three', 'new at three']);
    }
  });

  test('ROUTE-11: each worker that consumes a broadcast gets each message', async () => {
    const news = { exchange: new Exchange('news', 'fanout', { durable: false }), routingKey: '' };
    for (const crowd of crowds) {
      await crowd.sender.sendTask('crowd.hear', { args: ['hello'], ...news, mandatory: false });
      assert.deepStrictEqual(await crowd.heard(2), ['hello at one', 'hello at two']);
    }
  });

  test('ROUTE-12: a message to one worker directly reaches that one alone', async () => {
    for (const crowd of crowds) {
      for (const word of ['x', 'y']) {
        await crowd.sender.sendTask('crowd.hear', { args: [word], queue: workerDirect(crowd.nameOf('two')) });
      }
      assert.deepStrictEqual(await crowd.heard(2), ['x at two', 'y at two']);
    }
  });
});
