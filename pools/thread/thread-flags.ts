/**
 * Node options of a member's thread. The one of ours keeps Node from ending the process when code was interrupted inside
 * a callback of C++ that an `AsyncResource` stood around (pools/async-stack.ts): measured with the callbacks of the http
 * parser. Host thread; called whenever a thread starts.
 */
const NO_STACK_CHECKS = '--no-force-async-hooks-checks';
const REFUSED = 'ERR_WORKER_INVALID_EXEC_ARGV';

type Start<T> = (options: { readonly execArgv?: string[] }) => T;

/** @param given what the embedder wants; null for the options of the process, which a thread else inherits */
export function startWithFlags<T>(given: readonly string[] | null, start: Start<T>): T {
  const usual = given === null ? {} : { execArgv: [...given] };
  if (!process.allowedNodeEnvironmentFlags.has(NO_STACK_CHECKS)) return start(usual);
  const execArgv = [...(given ?? process.execArgv), NO_STACK_CHECKS];
  const refused = new Set<string>();
  for (;;) {
    try {
      return start({ execArgv: execArgv.filter((flag) => !refused.has(flag)) });
    } catch (error) {
      // Options of V8 hold for the whole process, and Node refuses to be told them again.
      const news = refusedBy(error, execArgv).filter((flag) => !refused.has(flag));
      if (given !== null || news.length === 0) return start(usual);
      for (const flag of news) refused.add(flag);
    }
  }
}

/** Node names them in the text of its error only. */
function refusedBy(error: unknown, flags: readonly string[]): readonly string[] {
  if (!(error instanceof Error) || !('code' in error) || error.code !== REFUSED) throw error;
  return flags.filter((flag) => error.message.includes(flag));
}
