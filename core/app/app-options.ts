/** What `new Celeriac(main, …)` takes: options of the app, and any setting beside them (APP-02). */
import type { SettingsInput } from '../settings/table.js';
import type { TaskBase } from '../task/task-options.js';
import type { TaskRegistry } from '../task/task-registry.js';
import type { AppLoader } from './app-loader.js';

/** Prepares an app for a framework, once, when it is created (APP-35). */
export type Fixup = (app: object) => void;

export interface AppOptions {
  /** Become the current app, unless another one already is. @defaultValue true */
  readonly setAsCurrent?: boolean;
  /** Address of broker and result backend: short for `brokerUrl` and `resultBackend`. */
  readonly broker?: string;
  readonly backend?: string | null;
  /** A registry to share with another app. @defaultValue one of its own */
  readonly tasks?: TaskRegistry;
  /** Settings above those of `configSource`. */
  readonly changes?: SettingsInput;
  /** An object, or the module that has the settings: as `configFromObject` (APP-05). */
  readonly configSource?: string | object;
  /** Read only names with this prefix from `configSource` (APP-08). */
  readonly namespace?: string | null;
  readonly fixups?: readonly Fixup[];
  /** Class that function tasks inherit from (APP-17). */
  readonly taskCls?: TaskBase;
  /** Finalize by itself when the registry is first used. @defaultValue true */
  readonly autofinalize?: boolean;
  /** Check arguments where a call is made (APP-32). @defaultValue true */
  readonly strictTyping?: boolean;
  /** Hooks of modules and workers (APP-34). */
  readonly loader?: AppLoader;
}

/** Options and settings by their names; the settings win no name of an option. */
export type AppInput = AppOptions & SettingsInput;

const OPTION_NAMES: Readonly<Record<keyof AppOptions, true>> = {
  setAsCurrent: true,
  broker: true,
  backend: true,
  tasks: true,
  changes: true,
  configSource: true,
  namespace: true,
  fixups: true,
  taskCls: true,
  autofinalize: true,
  strictTyping: true,
  loader: true,
};

export interface SplitInput {
  readonly options: AppOptions;
  readonly settings: SettingsInput;
}

export function splitAppInput(input: AppInput): SplitInput {
  const entries = Object.entries(input);
  const isOption = (name: string): boolean => Object.hasOwn(OPTION_NAMES, name);
  const options = Object.fromEntries(entries.filter(([name]) => isOption(name))) as AppOptions;
  const settings = Object.fromEntries(entries.filter(([name]) => !isOption(name))) as SettingsInput;
  const { broker, backend, changes } = options;
  return {
    options,
    settings: {
      ...settings,
      ...(broker === undefined ? {} : { brokerUrl: broker }),
      ...(backend === undefined ? {} : { resultBackend: backend }),
      ...changes,
    },
  };
}
