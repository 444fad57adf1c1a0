/**
 * What the servers are: where their URL may stand in the environment, the Debian package that brings them, how one is
 * started in a folder, and how one is asked whether it answers.
 */
import { rabbitmq } from './rabbitmq.mjs';
import { redis } from './redis.mjs';

const kinds = { rabbitmq, redis };

export const serviceNames = Object.keys(kinds);

/** @throws when there is no service of this name */
export function kindNamed(name) {
  const kind = kinds[name];
  if (kind === undefined) throw new Error(`no service "${name}"; there are ${serviceNames.join(', ')}`);
  return kind;
}
