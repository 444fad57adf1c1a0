/**
 * A RabbitMQ node with the management API. Erlang nodes find each other through a daemon (epmd) that outlives them, so it
 * gets one of its own, with it in the foreground; both listen on the loopback only.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from './socket.mjs';

const PROTOCOL_HEADER = Buffer.from('AMQP\0\0\x09\x01', 'latin1');
/** Type, channel, size, then class and method of Connection.Start. */
const START = { classAt: 7, classId: 10, methodAt: 9, methodId: 10 };

export const rabbitmq = {
  name: 'rabbitmq',
  variable: 'CELERIAC_TEST_RABBITMQ_URL',
  debianPackage: 'rabbitmq-server',
  // The one in /usr/sbin would change to a user of its own.
  program: ['/usr/lib/rabbitmq/bin/rabbitmq-server', '/opt/homebrew/sbin/rabbitmq-server'],
  startsWithinMs: 120_000,
  ports: ['amqp', 'management', 'distribution', 'epmd'],

  plan({ program, folder, ports }) {
    const at = (...names) => join(folder, ...names);
    mkdirSync(at('data'), { recursive: true });
    mkdirSync(at('log'), { recursive: true });
    writeFileSync(at('enabled_plugins'), '[rabbitmq_management].\n');
    writeFileSync(
      at('rabbitmq.conf'),
      `listeners.tcp.1 = 127.0.0.1:${ports.amqp}\n` +
        `management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = ${ports.management}\n` +
        'log.file.level = info\nlog.console = false\ndisk_free_limit.absolute = 50MB\n',
    );
    const erlang = { HOME: folder, ERL_EPMD_PORT: String(ports.epmd), ERL_EPMD_ADDRESS: '127.0.0.1' };
    const env = {
      ...erlang,
      RABBITMQ_NODENAME: 'celeriac@localhost',
      RABBITMQ_CONF_ENV_FILE: at('none.conf'),
      RABBITMQ_CONFIG_FILE: at('rabbitmq.conf'),
      RABBITMQ_ENABLED_PLUGINS_FILE: at('enabled_plugins'),
      RABBITMQ_MNESIA_BASE: at('data'),
      RABBITMQ_LOG_BASE: at('log'),
      RABBITMQ_PID_FILE: at('rabbitmq.pid'),
      RABBITMQ_DIST_PORT: String(ports.distribution),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    };
    return {
      processes: [
        { program: 'epmd', args: ['-port', String(ports.epmd), '-address', '127.0.0.1'], env: erlang },
        { program, args: [], env },
      ],
      url: `amqp://guest:guest@127.0.0.1:${ports.amqp}//`,
      variables: { CELERIAC_TEST_RABBITMQ_API: `http://guest:guest@127.0.0.1:${ports.management}/api` },
    };
  },

  async ping(url, timeoutMs) {
    const { hostname, port } = new URL(url);
    const frame = await request({ host: hostname, port: Number(port || 5672) }, PROTOCOL_HEADER, timeoutMs);
    const isStart =
      frame.length > START.methodAt + 1 &&
      frame.readUInt16BE(START.classAt) === START.classId &&
      frame.readUInt16BE(START.methodAt) === START.methodId;
    if (!isStart) throw new Error('it does not speak AMQP 0-9-1');
  },
};
