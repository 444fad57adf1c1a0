/**
 * Packages that a user installs only for the compression that needs them. Loaded by the first message that does, in
 * clients and members; called by the compression-*.ts files.
 */
import { createRequire } from 'node:module';
import { ConfigError } from '../kernel/errors.js';

/** @throws ConfigError that says what to install. */
export function loadOptional(name: string, use: string): unknown {
  try {
    return createRequire(import.meta.url)(name) as unknown;
  } catch (error) {
    throw new ConfigError(`${use} needs the package "${name}": npm install ${name}`, { cause: error });
  }
}
