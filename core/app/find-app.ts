/** Finds the app in a loaded module, in Celery's order (APP-33). */
import { ConfigError } from '../kernel/errors.js';
import { threadRuntime } from '../task/thread-runtime.js';
import type { Celeriac } from './celeriac.js';

/**
 * `attribute` when given, else exports `app`, `celeriac`, `celery`, `default`, any other export that is an app, and last
 * the only app that loading the module has created.
 * @param created apps that did not exist before the module was loaded.
 * @throws ConfigError that says what to do.
 */
export function findApp(
  namespace: Readonly<Record<string, unknown>>,
  source: { readonly module: string; readonly attribute: string | null; readonly created: readonly unknown[] },
): Celeriac {
  const { module, attribute, created } = source;
  if (attribute !== null) {
    const value = namespace[attribute];
    if (isApp(value)) return value;
    throw new ConfigError(`${module} has no app named "${attribute}"; it exports ${Object.keys(namespace).join(', ')}`);
  }
  const byName = ['app', 'celeriac', 'celery', 'default'].map((name) => namespace[name]);
  // A CommonJS module seen from ESM has its exports on `default`.
  const inner = namespace['default'];
  const nested =
    typeof inner === 'object' && inner !== null && !isApp(inner) ? (Object.values(inner) as readonly unknown[]) : [];
  const found = [...byName, ...Object.values(namespace), ...nested].find(isApp);
  if (found !== undefined) return found;
  const [only] = created;
  if (created.length === 1 && isApp(only)) return only;
  throw new ConfigError(
    `${module} has no app: export one, as in \`export const app = new Celeriac('${appNameHint(module)}')\``,
  );
}

/** The app of this thread that the module at `url` constructed; null when it was not loaded here. */
export function loadedApp(url: string): Celeriac | null {
  return (
    threadRuntime()
      .apps.filter(isApp)
      .find(({ definedIn }) => definedIn === url) ?? null
  );
}

/** Whether a value is an app, of whatever copy of the package. */
export function isApp(value: unknown): value is Celeriac {
  // Not `instanceof`: the module may have its app from another copy of the package, which shares the runtime.
  return threadRuntime().apps.includes(value as Celeriac);
}

function appNameHint(module: string): string {
  return /([\w-]+)\.\w+$/.exec(module)?.[1] ?? 'app';
}
