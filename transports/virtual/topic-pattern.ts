/**
 * Binding keys of topic exchanges (ROUTE-10): words between dots, `*` stands for one word, `#` for any number of them,
 * none included. Pure; used by `ExchangeTable`.
 */

/** Tells whether a routing key matches. */
export type TopicPattern = (routingKey: string) => boolean;

/** Compiled once for each binding. Linear in words of the pattern × words of the key, whatever a stranger binds. */
export function compileTopicPattern(bindingKey: string): TopicPattern {
  const words = bindingKey.split('.');
  if (!words.includes('*') && !words.includes('#')) return (routingKey) => routingKey === bindingKey;
  return (routingKey) => matches(words, routingKey.split('.'));
}

/**
 * `reached[i]`: the first i words of the pattern match the words of the key that were read. A backtracking matcher takes
 * exponential time for `#.#.#.#…`.
 */
function matches(pattern: readonly string[], key: readonly string[]): boolean {
  let reached = pattern.map(() => false);
  reached.unshift(true);
  skipHashes(pattern, reached);
  for (const word of key) {
    const next = reached.map(() => false);
    pattern.forEach((expected, i) => {
      if (expected === '#') next[i + 1] = reached[i + 1] === true || reached[i] === true;
      else if (reached[i] === true && (expected === '*' || expected === word)) next[i + 1] = true;
    });
    skipHashes(pattern, next);
    reached = next;
  }
  return reached.at(-1) === true;
}

/** A `#` may stand for nothing. */
function skipHashes(pattern: readonly string[], reached: boolean[]): void {
  pattern.forEach((expected, i) => {
    if (expected === '#' && reached[i] === true) reached[i + 1] = true;
  });
}
