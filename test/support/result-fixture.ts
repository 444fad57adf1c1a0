/** Handles of results over a FakeBackend, in virtual time: as an app in a client has them, without an app. */
import { ResultClient } from '../../core/app/result-client.js';
import { ResultFactory } from '../../core/app/result-factory.js';
import { createSeededRandom } from '../../core/kernel/random.js';
import { ErrorPrototypes } from '../../core/protocol/exception.js';
import { ResultFormat } from '../../core/protocol/result-format.js';
import type { SettingsInput } from '../../core/settings/table.js';
import type { Outlet } from '../../core/task/outlet.js';
import { FakeBackend } from './fake-backend.js';
import { ResultWriter } from './result-writer.js';
import { settingsOf } from './task-plan.js';
import { VirtualClock } from './virtual-clock.js';

export interface ResultFixtureOptions {
  readonly settings?: SettingsInput;
  readonly push?: boolean;
}

export class ResultFixture {
  readonly clock = new VirtualClock();
  readonly backend: FakeBackend;
  readonly write: ResultWriter;
  readonly client: ResultClient;
  readonly errors = new ErrorPrototypes();
  readonly source: ResultFactory;

  constructor({ settings = {}, push = true }: ResultFixtureOptions = {}) {
    this.backend = new FakeBackend({ push });
    this.write = new ResultWriter(this.backend);
    this.client = new ResultClient({
      connections: { backend: () => Promise.resolve(this.backend), openedBackend: this.backend },
      settings: settingsOf(settings),
      clock: this.clock,
      random: createSeededRandom(1),
    });
    this.source = new ResultFactory({
      outlet: outletOf(this.client),
      control: () => {
        throw new Error('there are no nodes here');
      },
      clock: this.clock,
      errors: this.errors,
      format: ResultFormat.of(settingsOf(settings)),
      remoteTracebacks: false,
    });
  }
}

function outletOf(client: ResultClient): Outlet {
  return {
    publish: () => Promise.reject(new Error('nothing is published here')),
    fetchResults: (ids) => client.fetchResults(ids),
    awaitResult: (id, options) => client.awaitResult(id, options),
    storeResult: (result) => client.storeResult(result),
    forgetResults: (ids) => client.forgetResults(ids),
    saveGroup: (id, document) => client.saveGroup(id, document),
    fetchGroup: (id) => client.fetchGroup(id),
    deleteGroup: (id) => client.deleteGroup(id),
    cleanUpResults: () => client.cleanUpResults(),
  };
}
