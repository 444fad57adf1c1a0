/**
 * The app that code without one of its own means (APP-01): the one around the caller, else the default of the thread.
 * Tasks that are shared between apps find theirs here.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { ConfigError } from '../kernel/errors.js';
import type { RegisteredApp } from '../task/thread-runtime.js';

const around = new AsyncLocalStorage<RegisteredApp>();
const defaults: { app: RegisteredApp | null; traps: number } = { app: null, traps: 0 };

/** The current app; null when there is none. */
export function findCurrentApp(): RegisteredApp | null {
  const app = around.getStore() ?? defaults.app;
  if (around.getStore() !== undefined) return app;
  if (defaults.traps > 0) {
    throw new ConfigError('the default app is used while it is trapped: pass the app, or call this in app.asCurrent()');
  }
  if (app !== null) traceDefaultUse();
  return app;
}

/** Lets every use of the default app of this thread throw, for tests (TEST-05), until what it returns is called. */
export function trapDefaultApp(): () => void {
  let isSet = true;
  defaults.traps++;
  return () => {
    if (isSet) defaults.traps--;
    isSet = false;
  };
}

/** Makes an app the default of this thread. */
export function setDefaultApp(app: RegisteredApp | null): void {
  defaults.app = app;
}

/** Becomes the default if there is none. */
export function offerDefaultApp(app: RegisteredApp): void {
  defaults.app ??= app;
}

/** Forgets a default that has gone. */
export function withdrawDefaultApp(app: RegisteredApp): void {
  if (defaults.app === app) defaults.app = null;
}

/** Calls `body` with `app` as the current one, also after its awaits. */
export function runWithApp<T>(app: RegisteredApp, body: () => T): T {
  return around.run(app, body);
}

/** `CELERY_TRACE_APP`: 1 or true warns of an implicit default, anything else refuses it (APP-36). */
function traceDefaultUse(): void {
  const trace = process.env['CELERY_TRACE_APP'] ?? '';
  if (trace === '') return;
  const text = 'the default app is used: pass the app, or make it current';
  if (trace !== '1' && trace.toLowerCase() !== 'warn') throw new ConfigError(text);
  process.emitWarning(text, { type: 'CeleriacDefaultApp' });
}
