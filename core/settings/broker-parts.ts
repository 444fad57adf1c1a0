/** The address of a broker that is given in parts, as old programs of Celery do (CONF-047 to 052). */
import type { SettingName } from './table.js';

/** null when no part is given. */
export function brokerUrlOfParts(given: ReadonlyMap<SettingName, unknown>): string | null {
  const part = (name: SettingName): string | null => {
    const value = given.get(name);
    return typeof value === 'string' || typeof value === 'number' ? encodeURIComponent(value) : null;
  };
  const [transport, host, port] = [part('brokerTransport'), part('brokerHost'), part('brokerPort')];
  const [user, password, vhost] = [part('brokerUser'), part('brokerPassword'), part('brokerVhost')];
  if ([transport, host, port, user, password, vhost].every((value) => value === null)) return null;
  const secret = password === null ? '' : `:${password}`;
  const login = user === null && password === null ? '' : `${user ?? ''}${secret}@`;
  const address = `${host ?? 'localhost'}${port === null ? '' : `:${port}`}`;
  return `${transport ?? 'amqp'}://${login}${address}${vhost === null ? '' : `/${vhost}`}`;
}
