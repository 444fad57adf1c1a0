/** `127.0.0.1:9808`, `[::1]:9808` or `9808` → where to listen. Without a host it is loopback: a worker shows itself to nobody else unasked. */
import { ConfigError } from '../../core/kernel/errors.js';

export interface HttpAddress {
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
}

const LOOPBACK = '127.0.0.1';
const FORM = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):)?(\d{1,5})$/;
const MAX_PORT = 65_535;

/** @param ports that are needed from there on. @throws ConfigError */
export function parseHttpAddress(text: string, ports = 1): HttpAddress {
  const [, v6, name, digits] = FORM.exec(text.trim()) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > MAX_PORT) {
    throw new ConfigError(`"${text}" is no address to listen on; write it as 127.0.0.1:9808 or 9808`);
  }
  if (port > 0 && port + ports - 1 > MAX_PORT) {
    throw new ConfigError(`"${text}" leaves no room for ${String(ports)} ports, one for each node`);
  }
  return { host: v6 ?? name ?? LOOPBACK, port };
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
