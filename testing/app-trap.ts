/** Finds code that relies on the current app instead of the one that it was given (TEST-05). The test's thread. */
import { trapDefaultApp } from '../core/app/current-app.js';

export interface AppTrap {
  /** Lets the default app be used again; harmless when called twice. */
  release(): void;
  [Symbol.dispose](): void;
}

/** From here on every use of the default app throws ConfigError: `using trap = trapCurrentApp()`. */
export function trapCurrentApp(): AppTrap {
  const release = trapDefaultApp();
  return { release, [Symbol.dispose]: release };
}
