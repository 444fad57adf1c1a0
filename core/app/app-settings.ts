/**
 * The settings of one app: where they come from (APP-04 to 12), read when they are first needed and again after a
 * change. Everything else of the app asks for `settings`; users have `conf`.
 */
import { systemClock } from '../kernel/clock.js';
import { ConfigError } from '../kernel/errors.js';
import { Signal } from '../kernel/signal.js';
import { settingsFromEnvironment } from '../settings/environment.js';
import { settingsFromArguments } from '../settings/arguments.js';
import { translateOldNames } from '../settings/old-names.js';
import { readSettings } from '../settings/read-settings.js';
import { resolveSettings, type ResolvedSettings, type SettingsLayer } from '../settings/resolve.js';
import type { Settings, SettingsInput } from '../settings/table.js';
import { threadRuntime } from '../task/thread-runtime.js';
import type { AppLoader } from './app-loader.js';
import { readSettingsFile, readSettingsModule } from './settings-file.js';

export interface ConfigSourceOptions {
  /** Read only names with this prefix, which is taken away (APP-08). @defaultValue null */
  readonly namespace?: string | null;
  /** A source that is missing is no error. @defaultValue false */
  readonly silent?: boolean;
  /** Read at once. @defaultValue false: when settings are first needed */
  readonly force?: boolean;
}

export interface AppSettingsOptions {
  /** Settings of the constructor. */
  readonly initial: SettingsInput;
  readonly definedIn: string | null;
  readonly loader: AppLoader;
  /** Hears of every change, with the names that have changed. */
  readonly onChange: (names: readonly string[]) => void;
}

type Defaults = SettingsInput | (() => SettingsInput);
interface ConfigSource {
  readonly name: string;
  read(): SettingsLayer | null;
}

export class AppSettings {
  /** Before the configuration is read (APP-25). */
  readonly onConfigure = new Signal<object, object>({ name: 'onConfigure', clock: systemClock, onError: warn });
  /** After it; `source` is what `configFromObject` was given. */
  readonly onAfterConfigure = new Signal<object, { readonly source: string | null }>({
    name: 'onAfterConfigure',
    clock: systemClock,
    onError: warn,
  });
  readonly #options: AppSettingsOptions;
  readonly #defaults: Defaults[] = [];
  #source: ConfigSource | null = null;
  /** What the program has assigned, lowest first. */
  #changes: SettingsInput[] = [];
  /** Above all others. */
  #pinned: SettingsInput = {};
  #resolved: ResolvedSettings | null = null;
  #isAnnounced = false;

  /** @throws ConfigError for a setting of the constructor that is wrong or a near miss of a known one. */
  constructor(options: AppSettingsOptions) {
    this.#options = options;
    resolveSettings(translateOldNames(options.initial));
  }

  /** Complete and frozen. @throws ConfigError */
  get settings(): Settings {
    return this.resolved.settings;
  }

  get resolved(): ResolvedSettings {
    if (this.#resolved === null) this.#resolve();
    return this.#resolved ?? this.#read([]);
  }

  /** Whether the configuration has been read. */
  get isConfigured(): boolean {
    return this.#resolved !== null;
  }

  /** What the program has set: constructor, `configure`, assignments. */
  get changes(): SettingsInput {
    return Object.assign({}, this.#options.initial, ...this.#changes) as SettingsInput;
  }

  /** The app's settings with others above them; profiles are applied last. */
  settingsWith(above: SettingsInput): Settings {
    return this.#read([{ source: null, values: above }]).settings;
  }

  /** @throws ConfigError for a wrong setting; it is as if it had never been given. */
  change(values: SettingsInput): void {
    const names = Object.keys(values);
    // Checked before it is kept: a refused layer must not refuse every later one.
    this.settingsWith(values);
    this.#options.onChange(names);
    this.#changes = [...this.#changes, values];
    this.#resolved = null;
  }

  /**
   * Settings that stand above environment and command line: tests must not reach the broker that these name.
   * @throws ConfigError as `change`
   */
  pin(values: SettingsInput): void {
    this.change(values);
    this.#pinned = { ...this.#pinned, ...values };
  }

  /** Settings below all others but the defaults of celeriac (APP-07). */
  addDefaults(defaults: Defaults): void {
    this.#defaults.push(defaults);
    this.#forget();
  }

  /** Takes the settings of an object or module in place of earlier ones (APP-05). @throws ConfigError with `force` */
  configFromObject(source: string | object, options: ConfigSourceOptions = {}): void {
    const { namespace = null, silent = false, force = false } = options;
    this.#source = {
      name: typeof source === 'string' ? source : 'an object',
      read: () =>
        typeof source === 'string' ? moduleLayer(source, { namespace, silent }) : objectLayer(source, namespace),
    };
    // What was assigned before belongs to the configuration that has gone.
    this.#changes = [];
    this.#forget();
    if (force) this.#resolve();
  }

  /** The same with a module that a variable of the environment names (APP-06). @throws ConfigError when it is not set */
  configFromEnvvar(variable: string, options: ConfigSourceOptions = {}): void {
    const module = process.env[variable];
    if (module === undefined || module === '') {
      if (options.silent === true) return;
      throw new ConfigError(
        `the environment variable ${variable} is not set: it should name the module with the settings`,
      );
    }
    this.configFromObject(module, options);
  }

  /** Settings as words of a command line, `worker.concurrency=4` (APP-10). @throws ConfigError */
  configFromCmdline(words: readonly string[], namespace = 'celery'): void {
    this.change(settingsFromArguments(words, namespace).values);
  }

  #forget(): void {
    this.#options.onChange(['*']);
    this.#resolved = null;
  }

  #resolve(): void {
    const isFirst = !this.#isAnnounced;
    this.#isAnnounced = true;
    if (isFirst) this.onConfigure.send(this, {});
    this.#resolved = this.#read([]);
    if (isFirst) this.onAfterConfigure.send(this, { source: this.#source?.name ?? null });
  }

  #read(above: readonly SettingsLayer[]): ResolvedSettings {
    const { initial, definedIn, loader } = this.#options;
    const { overrides } = threadRuntime();
    const own = loader.readConfiguration?.() ?? null;
    const file =
      own === null ? readSettingsFile(definedIn, process.env) : { source: 'the loader', values: translate(own) };
    const source = this.#source?.read() ?? null;
    const program = [initial, ...this.#changes].map((values) => ({ source: null, values: translate(values) }));
    return readSettings({
      defaults: this.#defaults.map((defaults) => ({
        source: 'addDefaults',
        values: translate(typeof defaults === 'function' ? defaults() : defaults),
      })),
      file,
      program: source === null ? program : [source, ...program],
      environment: settingsFromEnvironment(process.env, process.cwd()),
      above: [
        { source: 'the command line', values: overrides },
        { source: 'the test', values: this.#pinned },
        ...above,
      ],
    });
  }
}

function translate(values: object): SettingsInput {
  return translateOldNames(values as Readonly<Record<string, unknown>>);
}

function objectLayer(source: object, namespace: string | null): SettingsLayer {
  const values = translateOldNames({ ...source }, namespace);
  return { source: 'an object', values: values };
}

function moduleLayer(
  name: string,
  { namespace, silent }: { readonly namespace: string | null; readonly silent: boolean },
): SettingsLayer | null {
  try {
    return readSettingsModule(name, { namespace });
  } catch (error) {
    if (silent && error instanceof ConfigError) return null;
    throw error;
  }
}

function warn(signal: string, error: unknown): void {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.emitWarning(`a receiver of ${signal} failed`, { type: 'CeleriacSignalWarning', detail });
}
