/**
 * The module that called a constructor of ours, read from the stack: relative paths of an app's settings start at its
 * folder, and a worker embedded in a process that has already loaded the app must not load it again (design §4).
 */

/** URL of the innermost frame outside `ownModules`; null when the stack does not tell. */
export function callerModule(ownModules: readonly string[]): string | null {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 16;
  const { stack = '' } = new Error('where am I');
  Error.stackTraceLimit = limit;
  for (const line of stack.split('\n').slice(1)) {
    const location = /\(?((?:file:\/\/)?\/[^()]*?|file:\/\/[^()]*?|[A-Za-z]:\\[^()]*?):\d+:\d+\)?$/.exec(line)?.[1];
    if (location === undefined) continue;
    const url = asFileUrl(location);
    if (url === import.meta.url || ownModules.includes(url)) continue;
    return url;
  }
  return null;
}

function asFileUrl(location: string): string {
  // Loaders put a query behind the address (`?namespace=…`); the file is the same.
  const plain = location.replace(/\?.*$/, '');
  if (plain.startsWith('file://')) return plain;
  return new URL(`file://${plain.startsWith('/') ? '' : '/'}${encodeURI(plain.replaceAll('\\', '/'))}`).href;
}
