/** An app on a broker in memory of its own, and the messages that it has sent: what a worker or another program would see. */
import { Celeriac } from '../../core/app/public.js';
import type { AppInput } from '../../core/app/app-options.js';
import type { BrowsedMessage } from '../../core/ports/transport.js';

let count = 0;

/** Nothing consumes what it sends. */
export function createApp(input: AppInput = {}): Celeriac {
  const address = `memory://sent-${String(process.pid)}-${String(++count)}`;
  return new Celeriac('sent', { brokerUrl: address, resultBackend: address, ...input });
}

/** Messages of a queue, ready ones and delayed ones. */
export async function messagesIn(app: Celeriac, queue = 'celery'): Promise<readonly BrowsedMessage[]> {
  const transport = await app.connections.transport();
  const [ready, delayed] = await Promise.all([
    transport.browse(queue, 1_000, 'ready'),
    transport.browse(queue, 1_000, 'delayed'),
  ]);
  return [...ready, ...delayed];
}

/** The only message of a queue. */
export async function messageIn(app: Celeriac, queue = 'celery'): Promise<BrowsedMessage> {
  const [message, ...others] = await messagesIn(app, queue);
  if (message === undefined || others.length > 0) {
    throw new Error(`queue ${queue} has ${message === undefined ? 'no message' : 'several messages'}`);
  }
  return message;
}

/** `[args, kwargs, embed]` of a message in JSON. */
export function bodyOf({
  body,
}: BrowsedMessage): readonly [unknown[], Record<string, unknown>, Record<string, unknown>] {
  return JSON.parse(Buffer.from(body).toString()) as [unknown[], Record<string, unknown>, Record<string, unknown>];
}
