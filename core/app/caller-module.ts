/**
 * The module that called a constructor of ours, read from the stack: relative paths of an app's settings start at its
 * folder, and a worker embedded in a process that has already loaded the app must not load it again (design §4).
 */

const TESTING_URL = new URL('../../testing/', import.meta.url).href;

/**
 * URL of the module that called the constructor which calls this; null when the stack does not tell. The two innermost
 * frames are this module and that of the constructor, whatever they are called here: with source maps enabled (tsx)
 * they bear the names of sources, not of the files that run.
 */
export function callerModule(): string | null {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 16;
  const { stack = '' } = new Error('where am I');
  Error.stackTraceLimit = limit;
  const modules = stack.split('\n').map(moduleOfFrame);
  const [own, constructing, ...callers] = modules.filter((module) => module !== null);
  // `createTestApp` constructs in the name of its caller.
  const mapped = own?.replace(/core\/app\/caller-module\.\w+$/, 'testing/') ?? '';
  const isTesting = (module: string): boolean => module.startsWith(TESTING_URL) || module.startsWith(mapped);
  return callers.find((module) => module !== own && module !== constructing && !isTesting(module)) ?? null;
}

function moduleOfFrame(line: string): string | null {
  // A path starts the location: in `node:internal/test_runner/test` it would be the runtime's own.
  const location = /[( ]((?:file:\/\/)?\/[^()]*?|[A-Za-z]:\\[^()]*?):\d+:\d+\)?$/.exec(line)?.[1];
  return location === undefined ? null : asFileUrl(location);
}

function asFileUrl(location: string): string {
  // Loaders put a query behind the address (`?namespace=…`); the file is the same.
  const plain = location.replace(/\?.*$/, '');
  if (plain.startsWith('file://')) return plain;
  return new URL(`file://${plain.startsWith('/') ? '' : '/'}${encodeURI(plain.replaceAll('\\', '/'))}`).href;
}
