/**
 * The half of an app that is its configuration: where settings come from, how they change, and what follows from them.
 * `celeriac.ts` adds tasks, calls and results.
 */
import { systemClock } from '../kernel/clock.js';
import { ConfigError } from '../kernel/errors.js';
import { createTaskIds } from '../kernel/ids.js';
import { systemRandom } from '../kernel/random.js';
import { splitAppArgument } from '../loader/module-location.js';
import type { Settings, SettingsInput } from '../settings/table.js';
import { AppModules } from './app-modules.js';
import { splitAppInput, type AppInput, type AppOptions } from './app-options.js';
import { AppSettings, type ConfigSourceOptions } from './app-settings.js';
import { isOfConnections, wireApp, type AppWiring } from './app-wiring.js';
import { createConf, type Conf } from './conf.js';
import type { Connections } from './connections.js';

export abstract class ConfiguredApp {
  readonly main: string;
  readonly definedIn: string | null;
  /** The settings, to be read and assigned (APP-12). */
  readonly conf: Conf;
  /** Sources and values of the settings: `onConfigure`, `onAfterConfigure` and more. */
  readonly settings: AppSettings;
  /** Modules beside the app's own: for the worker, and for programs that import them here (APP-21). */
  readonly modules: AppModules;
  protected readonly options: AppOptions;
  protected readonly newId = createTaskIds(systemRandom, systemClock);
  /** Made when it is first needed, and after a change of settings. */
  #wiring: AppWiring | null = null;
  #stale: AppWiring | null = null;

  /** @throws ConfigError for a setting that is wrong or a near miss of a known one. */
  protected constructor(main: string, input: AppInput, definedIn: string | null) {
    this.main = main;
    this.definedIn = definedIn;
    const { options, settings } = splitAppInput(input);
    this.options = options;
    const loader = options.loader ?? {};
    this.settings = new AppSettings({
      initial: settings,
      definedIn,
      loader,
      onChange: (names) => {
        this.#unwire(names);
      },
    });
    this.conf = createConf(this.settings);
    this.modules = new AppModules({ app: this, loader, definedIn });
    if (options.configSource !== undefined) {
      this.configFromObject(options.configSource, { namespace: options.namespace ?? null });
    }
  }

  /** What has been wired so far; null when nothing has been needed. */
  protected get openedWiring(): AppWiring | null {
    return this.#wiring;
  }

  /** Settings that celeriac does not know, kept for the application. */
  get extra(): Readonly<Record<string, unknown>> {
    return this.settings.resolved.extra;
  }

  /** Transport and backend of this process. @internal */
  get connections(): Connections {
    return this.wiring.connections;
  }

  /** What follows from the settings. @internal */
  get wiring(): AppWiring {
    this.#wiring ??= this.#wire();
    return this.#wiring;
  }

  /**
   * Changes settings before the app is used (APP-12).
   * @throws ConfigError when connections are open already, and as the constructor.
   */
  configure(settings: SettingsInput): void {
    if (this.#wiring?.connections.isOpen === true)
      throw new ConfigError('configure() comes too late: the app has already opened connections');
    this.settings.change(settings);
  }

  /** Settings of an object or module, in place of earlier ones (APP-05). */
  configFromObject(source: string | object, options: ConfigSourceOptions = {}): void {
    this.settings.configFromObject(source, options);
  }

  /** Settings of the module that a variable of the environment names (APP-06). */
  configFromEnvvar(variable: string, options: ConfigSourceOptions = {}): void {
    this.settings.configFromEnvvar(variable, options);
  }

  /** Settings as words of a command line (APP-10). */
  configFromCmdline(words: readonly string[], namespace = 'celery'): void {
    this.settings.configFromCmdline(words, namespace);
  }

  /** Settings below all others but celeriac's own defaults (APP-07). */
  addDefaults(defaults: SettingsInput | (() => SettingsInput)): void {
    this.settings.addDefaults(defaults);
  }

  /** The app's settings with others above them; profiles are applied last. @internal */
  settingsWith(above: SettingsInput): Settings {
    return this.settings.settingsWith(above);
  }

  #wire(): AppWiring {
    const { definedIn } = this;
    const load = (specifier: string): Promise<unknown> => loadRoutes(this.modules, specifier);
    const settings = this.settings.settings;
    return wireApp({ settings, definedIn, newId: this.newId, load, before: this.#stale });
  }

  /** @throws ConfigError for settings of connections that are open. */
  #unwire(names: readonly string[]): void {
    if (this.#wiring === null) return;
    const fixed = this.#wiring.connections.isOpen ? names.find(isOfConnections) : undefined;
    if (fixed !== undefined) throw new ConfigError(`${fixed} comes too late: the app has already opened connections`);
    this.#stale = this.#wiring;
    this.#wiring = null;
  }
}

/** `taskRoutes` of another module: `module:export`, or its default export or `route`. */
async function loadRoutes(modules: AppModules, specifier: string): Promise<unknown> {
  const { module, attribute } = splitAppArgument(specifier);
  const namespace = await modules.load(module);
  return attribute === null
    ? (namespace['default'] ?? namespace['routes'] ?? namespace['route'])
    : namespace[attribute];
}
