/**
 * The way out of an app under test: its own, to a broker and backend in memory, with a note of each message; inline it
 * ends here, where the task is run before the publish resolves. One an app, put in place by `isolateApp`. The test's
 * thread; in a member the way to the host stands above it.
 */
import type { Celeriac } from '../core/app/celeriac.js';
import { runMessage } from '../core/app/eager-runner.js';
import { ProtocolError } from '../core/kernel/errors.js';
import { HeaderBlock } from '../core/kernel/header-block.js';
import type { StoredResult } from '../core/ports/backend.js';
import type { OutgoingMessage } from '../core/ports/transport.js';
import { upgradeMessageV1 } from '../core/protocol/message-v1.js';
import type { SettingsInput } from '../core/settings/table.js';
import type { AwaitOptions, Outlet } from '../core/task/outlet.js';
import type { PublishOptions } from '../core/task/publish-options.js';
import { Outbox, SentTask } from './outbox.js';

export class TestOutlet implements Outlet {
  readonly outbox = new Outbox();
  /** Tasks that the app knows run in the caller; others go to the broker. */
  isInline = false;
  isRecording = true;
  /** A worker of this room runs its tasks. */
  hasWorker = false;
  readonly #app: Celeriac;

  constructor(app: Celeriac) {
    this.#app = app;
  }

  /** Resolves on the confirm; inline when the task and what follows it have ended, however they did. */
  async publish(message: OutgoingMessage, options: PublishOptions | null = null): Promise<void> {
    const current = protocol2Of(message);
    const sent = current === null ? null : new SentTask(current, this.#queueOf(message));
    if (this.isInline && current !== null && sent !== null && this.#app.tasks.find(sent.task) !== null) {
      this.outbox.add(sent);
      await runMessage(this.#app, current);
      return;
    }
    await this.#own.publish(message, options);
    if (this.isRecording && sent !== null) this.outbox.add(sent);
  }

  fetchResults(taskIds: readonly string[]): Promise<readonly (StoredResult | null)[]> {
    return this.#own.fetchResults(taskIds);
  }

  awaitResult(taskId: string, options: AwaitOptions): Promise<StoredResult> {
    return this.#own.awaitResult(taskId, options);
  }

  storeResult(result: StoredResult): Promise<void> {
    return this.#own.storeResult(result);
  }

  forgetResults(taskIds: readonly string[]): Promise<void> {
    return this.#own.forgetResults(taskIds);
  }

  saveGroup(groupId: string, document: Uint8Array): Promise<void> {
    return this.#own.saveGroup(groupId, document);
  }

  fetchGroup(groupId: string): Promise<Uint8Array | null> {
    return this.#own.fetchGroup(groupId);
  }

  deleteGroup(groupId: string): Promise<void> {
    return this.#own.deleteGroup(groupId);
  }

  cleanUpResults(): Promise<number> {
    return this.#own.cleanUpResults();
  }

  /** Asked each time: it is another one after a change of settings. */
  get #own(): Outlet {
    return this.#app.wiring.direct;
  }

  #queueOf({ exchange, routingKey }: OutgoingMessage): string | null {
    if (exchange === '') return routingKey;
    const { queues } = this.#app.queues.declarationsFor(exchange, routingKey);
    return queues.length === 1 ? (queues[0]?.name ?? null) : null;
  }
}

/** With `taskProtocol: 1` the message is translated; null for what is no task: remote control goes this way, too. */
function protocol2Of(message: OutgoingMessage): OutgoingMessage | null {
  if (Object.hasOwn(message.headers.table, 'task')) return message;
  const { properties } = message;
  try {
    const upgraded = upgradeMessageV1(message, { accept: [properties.contentType] });
    if (upgraded === null) return null;
    const { headers, body } = upgraded;
    return { ...message, headers: HeaderBlock.fromTable(headers), body };
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

/** What inline runs need: their results are read by id, as those of workers are. */
export const INLINE_SETTINGS: SettingsInput = { taskStoreEagerResult: true };

const outlets = new WeakMap<Celeriac, TestOutlet>();
let count = 0;

/**
 * Points an app to a broker and backend in memory that nobody else uses, whatever file, environment and command line
 * say, and notes what it sends. One that is isolated and has connections open stays where it is.
 * @param settings stand above all others of the app; addresses among them above those in memory
 * @throws ConfigError when the app has sent something to another broker already, or for a wrong setting
 */
export function isolateApp(app: Celeriac, settings: SettingsInput = {}): TestOutlet {
  const known = outlets.get(app);
  if (known !== undefined && app.connections.isOpen) {
    app.settings.pin(settings);
    return known;
  }
  const address = `memory://test-${String(++count)}`;
  const { brokerUrl = address } = settings;
  app.settings.pin({
    resultBackend: address,
    brokerTransportOptions: {},
    resultBackendTransportOptions: {},
    brokerReadUrl: brokerUrl,
    brokerWriteUrl: brokerUrl,
    ...settings,
    brokerUrl,
  });
  const outlet = known ?? new TestOutlet(app);
  outlets.set(app, outlet);
  app.divert(outlet);
  return outlet;
}

/**
 * Notes what an app sends from here on, to a broker in memory where nothing runs: for tests of code that only sends.
 * @throws ConfigError when the app has sent something to another broker already
 */
export function recordMessages(app: Celeriac, settings: SettingsInput = {}): Outbox {
  const { outbox } = isolateApp(app, settings);
  outbox.clear();
  return outbox;
}
