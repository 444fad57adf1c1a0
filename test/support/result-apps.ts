/** Apps that only read results, on each embedded backend: what a test of results says must hold on all of them. */
import { Celeriac, type SettingsInput } from '../../core/app/public.js';
import { ResultWriter } from './result-writer.js';
import { temporaryFolder } from './temporary-folder.js';

export interface ResultApp {
  readonly app: Celeriac;
  readonly write: ResultWriter;
  /** Scheme of the backend, for messages. */
  readonly name: string;
}

let count = 0;

/** Runs `body` with an app on an empty backend in memory, then with one on an empty file; closes both. */
export async function onEachBackend(
  body: (fixture: ResultApp) => Promise<void>,
  settings: SettingsInput = {},
): Promise<void> {
  const folder = await temporaryFolder();
  const addresses = [`memory://results-${String(++count)}`, `sqlite://${folder.path}/results.db`];
  try {
    for (const address of addresses) {
      await using app = new Celeriac('results', { ...settings, brokerUrl: 'memory://', resultBackend: address });
      const write = new ResultWriter(await app.connections.backend());
      await body({ app, write, name: address.slice(0, 6) });
    }
  } finally {
    await folder.remove();
  }
}
