/** Apps, workers and a look at what was sent, for the tests of settings: each with a broker in memory of its own. */
import { Celeriac, type Settings, type SettingsInput } from '../../core/app/public.js';
import type { BrowsedMessage } from '../../core/ports/transport.js';
import { Worker } from '../../core/worker/worker.js';

let count = 0;

/** Settings of an empty broker and backend that nothing else uses. */
export function memoryAddresses(): { readonly brokerUrl: string; readonly resultBackend: string } {
  const address = `memory://settings-${String(++count)}`;
  return { brokerUrl: address, resultBackend: address };
}

export function createClient(settings: SettingsInput = {}): Celeriac {
  return new Celeriac('client', { ...memoryAddresses(), ...settings, setAsCurrent: false });
}

/** The value of a setting that nobody gives. */
export function defaultOf<K extends keyof Settings>(name: K): Settings[K] {
  return new Celeriac('plain', { setAsCurrent: false }).conf[name];
}

/** The messages that wait in a queue. */
export async function waiting(app: Celeriac, queue = 'celery'): Promise<readonly BrowsedMessage[]> {
  const transport = await app.connections.transport();
  return transport.browse(queue, 100);
}

/** What a call leaves in the broker under these settings: the only message of the queue. */
export async function sentWith(
  settings: SettingsInput,
  send: (app: Celeriac) => Promise<unknown> = (app) => app.sendTask('s.add', { args: [2, 3] }),
  queue = 'celery',
): Promise<BrowsedMessage> {
  await using app = createClient(settings);
  await send(app);
  const [message] = await waiting(app, queue);
  if (message === undefined) throw new Error(`nothing waits in ${queue}`);
  return message;
}

export interface WorkedApp {
  readonly app: Celeriac;
  readonly worker: Worker;
}

/** Runs `body` with a worker of one member, unless the settings say how many, for test/support/setting-tasks.ts and a client of its broker. */
export async function withWorker(settings: SettingsInput, body: (worked: WorkedApp) => Promise<void>): Promise<void> {
  const all: SettingsInput = { ...memoryAddresses(), ...settings };
  const module = new URL('./setting-tasks.js', import.meta.url);
  const members = settings.workerConcurrency === undefined ? { concurrency: 1 } : {};
  const worker = await Worker.start({ module, settings: all, ...members });
  await using app = createClient(all);
  // What is in memory lives as long as somebody has it open: the worker may be closed before the test looks.
  if (all.resultBackend !== null) await app.connections.backend();
  await app.connections.transport();
  try {
    await body({ app, worker });
  } finally {
    await worker.close({ timeoutMs: 0 });
    await worker.app.close();
  }
}
