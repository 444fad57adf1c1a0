/** Handles of results over a FakeBackend, in virtual time: as an app in a client has them, without an app. */
import { ResultClient } from '../../core/app/result-client.js';
import { ResultFactory } from '../../core/app/result-factory.js';
import { createSeededRandom } from '../../core/kernel/random.js';
import { ErrorPrototypes } from '../../core/protocol/exception.js';
import type { SettingsInput } from '../../core/settings/table.js';
import {
  failureDocument,
  retryDocument,
  revokedDocument,
  stateDocument,
  successDocument,
} from '../../core/task/result-documents.js';
import { TaskRevoked } from '../../core/kernel/errors.js';
import type { Outlet } from '../../core/task/outlet.js';
import { FakeBackend } from './fake-backend.js';
import { settingsOf } from './task-plan.js';
import { VirtualClock } from './virtual-clock.js';

export interface ResultFixtureOptions {
  readonly settings?: SettingsInput;
  readonly push?: boolean;
  readonly remoteTracebacks?: boolean;
}

export class ResultFixture {
  readonly clock = new VirtualClock();
  readonly backend: FakeBackend;
  readonly client: ResultClient;
  readonly errors = new ErrorPrototypes();
  readonly source: ResultFactory;

  constructor({ settings = {}, push = true, remoteTracebacks = false }: ResultFixtureOptions = {}) {
    this.backend = new FakeBackend({ push });
    this.client = new ResultClient({
      connections: { backend: () => Promise.resolve(this.backend), openedBackend: this.backend },
      settings: settingsOf(settings),
      clock: this.clock,
      random: createSeededRandom(1),
    });
    this.source = new ResultFactory({
      outlet: { ...boundMethods(this.client), publish: () => Promise.reject(new Error('nothing is published here')) },
      clock: this.clock,
      errors: this.errors,
      remoteTracebacks,
    });
  }

  succeed(taskId: string, value: unknown, children: readonly string[] = []): Promise<void> {
    return this.#store(taskId, 'SUCCESS', successDocument(value, subjectOf(taskId), { children, nowEpochMs: 0 }));
  }

  fail(taskId: string, error: unknown): Promise<void> {
    return this.#store(taskId, 'FAILURE', failureDocument(error, subjectOf(taskId), { children: [], nowEpochMs: 0 }));
  }

  retry(taskId: string, cause: unknown): Promise<void> {
    return this.#store(taskId, 'RETRY', retryDocument(cause, subjectOf(taskId), { children: [], nowEpochMs: 0 }));
  }

  revoke(taskId: string, reason = 'revoked'): Promise<void> {
    return this.#store(taskId, 'REVOKED', revokedDocument(new TaskRevoked(reason), subjectOf(taskId), 0));
  }

  progress(taskId: string, state: string, meta: unknown): Promise<void> {
    return this.#store(taskId, state, stateDocument(state, meta, subjectOf(taskId)));
  }

  /** Any document. */
  document(taskId: string, fields: Readonly<Record<string, unknown>>): Promise<void> {
    return this.#store(taskId, String(fields['status']), JSON.stringify(fields));
  }

  #store(taskId: string, state: string, text: string): Promise<void> {
    return this.backend.store([{ taskId, state, document: Buffer.from(text) }]);
  }
}

function boundMethods(client: ResultClient): Omit<Outlet, 'publish'> {
  return {
    fetchResults: (ids) => client.fetchResults(ids),
    awaitResult: (id, options) => client.awaitResult(id, options),
    storeResult: (result) => client.storeResult(result),
    forgetResults: (ids) => client.forgetResults(ids),
    saveGroup: (id, document) => client.saveGroup(id, document),
    fetchGroup: (id) => client.fetchGroup(id),
    deleteGroup: (id) => client.deleteGroup(id),
  };
}

function subjectOf(id: string): { id: string; groupId: null; parentId: null } {
  return { id, groupId: null, parentId: null };
}
