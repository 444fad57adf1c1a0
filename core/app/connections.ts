/**
 * The transport and backend of one app in this process, opened when first needed and shared by all its parts. Importing
 * an app opens nothing. Client and host thread.
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BackendError, ConfigError, TransportError } from '../kernel/errors.js';
import type { Clock } from '../kernel/clock.js';
import type { Random } from '../kernel/random.js';
import type { AdapterOptions } from '../ports/adapter.js';
import type { Backend } from '../ports/backend.js';
import type { Transport } from '../ports/transport.js';
import type { Settings } from '../settings/table.js';
import { ResultFormat } from '../protocol/result-format.js';
import { openBackend, openTransport } from './adapters.js';
import { FormattedBackend } from './formatted-backend.js';

export interface ConnectionsOptions {
  readonly settings: Settings;
  /** URL of the app module; null lets relative paths start at the working directory. */
  readonly definedIn: string | null;
  readonly clock: Clock;
  readonly random: Random;
}

export class Connections {
  readonly #options: ConnectionsOptions;
  #transport: Promise<Transport> | null = null;
  #openedTransport: Transport | null = null;
  #backend: Promise<Backend> | null = null;
  #openedBackend: Backend | null = null;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /** The shared publishing transport, connected. @throws ConfigError, TransportError */
  transport(): Promise<Transport> {
    const opened = this.#openedTransport;
    // What it does not mend by itself would fail every later publish of this process.
    if (opened?.isConnected === false) this.#transport = this.#openSharedTransport(opened);
    this.#transport ??= this.#openSharedTransport(null);
    return this.#transport;
  }

  /** The shared backend, connected. @throws ConfigError when there is none; BackendError */
  backend(): Promise<Backend> {
    this.#backend ??= this.#openSharedBackend();
    return this.#backend;
  }

  /** The backend when it is connected already: a wait for a result need not go through a promise for it. */
  get openedBackend(): Backend | null {
    return this.#openedBackend;
  }

  /** Whether anything was opened and not closed. */
  get isOpen(): boolean {
    return this.#transport !== null || this.#backend !== null;
  }

  get hasBackend(): boolean {
    return isEnabled(this.#options.settings.resultBackend);
  }

  /** A transport of its own, connected, for whoever consumes: publishing must not wait behind it (A4). */
  newTransport(): Promise<Transport> {
    return this.#openTransport(this.#options.settings.brokerReadUrl);
  }

  async close(timeoutMs: number): Promise<void> {
    const open: readonly (Promise<Transport | Backend> | null)[] = [this.#transport, this.#backend];
    this.#transport = null;
    this.#openedTransport = null;
    this.#backend = null;
    this.#openedBackend = null;
    await Promise.all(
      open.map(async (opening) => {
        // What never connected has been reported to whoever asked for it.
        const port = await opening?.catch(() => null);
        await port?.close(timeoutMs);
      }),
    );
  }

  /** @param lost connected again rather than opened anew */
  async #openSharedTransport(lost: Transport | null): Promise<Transport> {
    this.#openedTransport = null;
    try {
      if (lost !== null) await this.#connectTransport(lost);
      const transport = lost ?? (await this.#openTransport(this.#options.settings.brokerWriteUrl));
      // Closed meanwhile: whoever asked gets it, the next one opens another.
      if (this.#transport !== null) this.#openedTransport = transport;
      return transport;
    } catch (error) {
      this.#transport = null;
      throw error;
    }
  }

  async #openTransport(url: string): Promise<Transport> {
    const transport = await openTransport(this.#adapterOptions(url, this.#options.settings.brokerTransportOptions));
    await this.#connectTransport(transport);
    return transport;
  }

  #connectTransport(transport: Transport): Promise<void> {
    return this.#connect(transport, (error) => unreachable(TransportError, `broker ${transport.address}`, error));
  }

  async #openSharedBackend(): Promise<Backend> {
    try {
      const backend = await this.#openBackend();
      // Closed meanwhile: whoever asked gets it, the next one opens another.
      if (this.#backend !== null) this.#openedBackend = backend;
      return backend;
    } catch (error) {
      this.#backend = null;
      throw error;
    }
  }

  async #openBackend(): Promise<Backend> {
    const { resultBackend: url, resultBackendTransportOptions } = this.#options.settings;
    if (!isEnabled(url)) throw new ConfigError('no result backend is configured: set resultBackend to keep results');
    const format = ResultFormat.of(this.#options.settings);
    const backend = await openBackend(this.#adapterOptions(url, resultBackendTransportOptions));
    await this.#connect(backend, (error) => unreachable(BackendError, `result backend ${backend.address}`, error));
    return format === null ? backend : new FormattedBackend(backend, format);
  }

  async #connect(port: Transport | Backend, explain: (error: unknown) => Error): Promise<void> {
    const timeoutMs = this.#options.settings.brokerConnectionTimeout * 1_000;
    try {
      await port.connect(timeoutMs);
    } catch (error) {
      // A port that did not connect may hold a thread or timer all the same; its own failure is not the news.
      await port.close(timeoutMs).catch(() => undefined);
      throw error instanceof ConfigError ? error : explain(error);
    }
  }

  #adapterOptions(address: string, transportOptions: Readonly<Record<string, unknown>>): AdapterOptions {
    const { definedIn, clock, random, settings } = this.#options;
    const isFile = definedIn?.startsWith('file://') === true;
    const baseFolder = isFile ? dirname(fileURLToPath(definedIn)) : process.cwd();
    const { resultExpires, resultMaxCount } = settings;
    // BKE-26: 0 keeps results for ever, as null does.
    const resultExpiresMs = resultExpires === null || resultExpires === 0 ? null : resultExpires * 1_000;
    const url = withOptions(address, transportOptions);
    return { url, baseFolder, clock, random, resultExpiresMs, resultMaxCount };
  }
}

/** Options of a setting are those of the address, and stand above them. */
function withOptions(address: string, options: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(options);
  if (entries.length === 0) return address;
  const [path = '', query] = address.split('?');
  const parameters = new URLSearchParams(query);
  for (const [name, value] of entries) {
    parameters.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return `${path}?${parameters.toString()}`;
}

/** `disabled://` is Celery's name for no result backend (BKE-16). */
function isEnabled(url: string | null): url is string {
  return url !== null && !/^disabled(:|$)/.test(url);
}

function unreachable(
  errorClass: new (message: string, options: { readonly cause: unknown }) => Error,
  what: string,
  error: unknown,
): Error {
  const reason = error instanceof Error ? error.message : String(error);
  return new errorClass(`cannot reach the ${what}: ${reason}`, { cause: error });
}
