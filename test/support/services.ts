/** The servers of the integration suite (scripts/services): where they are, and why one is not there. */
import { InvariantError } from '../../core/kernel/errors.js';

export type ServiceName = 'rabbitmq' | 'redis';

/** For the option `skip` of a suite: false, or why its server cannot be had here. In CI that fails the run before any test. */
export function noService(name: ServiceName): string | false {
  return process.env[`CELERIAC_TEST_NO_${name.toUpperCase()}`] ?? false;
}

/** @throws InvariantError when the suite was not run by `npm run integration` or `npm test`, which start the servers */
export function serviceUrl(name: ServiceName): string {
  const variable = `CELERIAC_TEST_${name.toUpperCase()}_URL`;
  const url = process.env[variable];
  if (url === undefined) throw new InvariantError(`${variable} is not set: npm run integration`);
  return url;
}
