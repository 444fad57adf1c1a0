/**
 * The options of a queue by their names: a misspelt one, or one that no broker of this version carries out, would be
 * lost without a word (ROUTE-01). Called where a queue is made; pure.
 */
import { ConfigError } from '../kernel/errors.js';
import { nearMiss } from '../kernel/near-miss.js';

/** Celery's, for brokers that a later version brings. What is not set asks for nothing. */
const NOT_YET: Readonly<Record<string, string>> = {
  maxLengthBytes: 'no broker of this version counts bytes; maxLength bounds the number of messages',
  noAck: 'every delivery is acknowledged, late or early as acksLate says',
  consumerArguments: 'no broker of this version takes any',
  noDeclare: 'queues are always declared, which leaves one that exists as it is',
};

/** @throws ConfigError naming the queue and what is wrong. @param known names of the options that there are. */
export function checkQueueOptions(queue: string, options: object, known: Readonly<Record<string, true>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (Object.hasOwn(known, name)) continue;
    const reason = NOT_YET[name];
    if (reason === undefined) {
      const meant = nearMiss(name, [...Object.keys(known), ...Object.keys(NOT_YET)]);
      const hint = meant === null ? '' : `; did you mean "${meant}"?`;
      throw new ConfigError(`queue "${queue}": unknown option "${name}"${hint}`);
    }
    const isUnset = value === undefined || value === null || value === false;
    if (!isUnset) throw new ConfigError(`queue "${queue}": ${name} has no effect: ${reason}`);
  }
}
