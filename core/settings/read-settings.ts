/**
 * The precedence of settings, stated once. From the bottom:
 *
 *     defaults of the profile < app.addDefaults < configuration file < the program (constructor, configFromObject,
 *     configFromEnvvar, configure) < environment < command line
 *
 * The environment stands above the program, as Celery's four variables do (APP-04), so that whoever runs a program has
 * the last word. Called by the app, which knows the files and the environment of its process; nothing is read here.
 */
import { resolveLayers, type ResolvedSettings, type SettingsLayer } from './resolve.js';

/** Each list from the bottom to the top; what is left out is empty. */
export interface SettingsSources {
  readonly defaults?: readonly SettingsLayer[];
  readonly file?: SettingsLayer | null;
  readonly program?: readonly SettingsLayer[];
  readonly environment?: readonly SettingsLayer[];
  /** Options and settings of the command line; in a member, those of its host. */
  readonly above?: readonly SettingsLayer[];
}

/** @throws ConfigError as `resolveLayers`. */
export function readSettings(sources: SettingsSources): ResolvedSettings {
  const { defaults = [], file = null, program = [], environment = [], above = [] } = sources;
  return resolveLayers([...defaults, ...(file === null ? [] : [file]), ...program, ...environment, ...above]);
}
