/**
 * Servers for the tests: starts, stops and shows a RabbitMQ and a Redis of our own, on free ports of the loopback and with
 * folders of their own below `.celeriac/services`, as the user who calls it. One that the environment names is used as it is.
 *
 *     npm run services -- start|stop|status [rabbitmq] [redis]
 *
 * `start` prints an `export` line for each, which a shell can take over. Exit code 1: one is not there; 2: wrong usage.
 */
import { describeService, startService, stopService } from './services/services.mjs';
import { serviceNames } from './services/kinds.mjs';

const USAGE = `usage: npm run services -- start|stop|status [${serviceNames.join('] [')}]`;

const [command, ...named] = process.argv.slice(2);
const actions = { start: startService, stop: stopService, status: describeService };
const unknown = named.find((name) => !serviceNames.includes(name));

if (!Object.hasOwn(actions, command ?? '') || unknown !== undefined) {
  if (unknown !== undefined) console.error(`no service "${unknown}"`);
  console.error(USAGE);
  process.exitCode = 2;
} else {
  for (const name of named.length > 0 ? named : serviceNames) {
    try {
      const { isThere, line, exports = [] } = await actions[command](name);
      console.log(line);
      for (const text of exports) console.log(`  ${text}`);
      if (!isThere && command !== 'stop') process.exitCode = 1;
    } catch (error) {
      console.error(`${name}: ${error.message}`);
      process.exitCode = 1;
    }
  }
}
