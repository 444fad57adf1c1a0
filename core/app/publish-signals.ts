/**
 * The signals of a publish (SIG-10, 11, 22), sent where the message is built. Only looked at when somebody listens; a
 * receiver of `beforeTaskPublish` may change headers, properties and body, and is awaited.
 */
import { EncodeError } from '../kernel/errors.js';
import { HeaderBlock, type HeaderTable } from '../kernel/header-block.js';
import type { MessageProperties, OutgoingMessage } from '../ports/transport.js';
import { EMPTY_EMBED, encodeTaskBody, type BodyFormat, type Embed } from '../protocol/body.js';
import type { PublishOptions } from '../task/publish-options.js';
import { signals } from '../task/signal-table.js';

/** A message as receivers see it. */
export interface Draft {
  readonly task: string;
  readonly message: OutgoingMessage;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly embed: Embed;
  readonly format: BodyFormat;
  readonly options: PublishOptions | null;
}

interface Shown {
  readonly body: [readonly unknown[], Readonly<Record<string, unknown>>, object];
  readonly headers: Record<string, unknown>;
  readonly properties: Record<string, unknown>;
}

export function hasPublishListeners(): boolean {
  const { beforeTaskPublish, afterTaskPublish, taskSent } = signals;
  return beforeTaskPublish.hasListeners || afterTaskPublish.hasListeners || taskSent.hasListeners;
}

/** Publishes with signals around; `send` resolves on the confirm. */
export async function publishWithSignals(
  draft: Draft,
  send: (message: OutgoingMessage) => Promise<void>,
): Promise<void> {
  const { message, task } = draft;
  const shown: Shown = {
    body: [[...draft.args], { ...draft.kwargs }, { ...EMPTY_EMBED, ...draft.embed }],
    headers: { ...message.headers.table },
    properties: { ...message.properties },
  };
  let leaving = message;
  const { exchange, routingKey } = message;
  if (signals.beforeTaskPublish.hasListeners) {
    await signals.beforeTaskPublish.sendAsync(task, {
      ...shown,
      exchange,
      routingKey,
      declare: draft.options?.declare?.queues ?? [],
      retryPolicy: draft.options?.retry ?? null,
    });
    leaving = changed(draft, shown);
  }
  await send(leaving);
  await signals.afterTaskPublish.sendAsync(task, { ...shown, exchange, routingKey });
  announce(task, shown);
}

function announce(task: string, { headers, body }: Shown): void {
  if (!signals.taskSent.hasListeners) return;
  signals.taskSent.send(task, {
    taskId: String(headers['id']),
    task,
    args: body[0],
    kwargs: body[1],
    eta: (headers['eta'] as string | null | undefined) ?? null,
    taskset: (headers['group'] as string | null | undefined) ?? null,
  });
}

/** The message with what receivers made of it. */
function changed({ message, format }: Draft, { body, headers, properties }: Shown): OutgoingMessage {
  for (const name of ['task', 'id']) {
    if (typeof headers[name] !== 'string') throw new EncodeError(`a receiver took the header "${name}" away`);
  }
  const [args, kwargs, embed] = body;
  const content = encodeTaskBody({ args, kwargs, embed: embed as Embed }, format);
  const plain = Object.fromEntries(Object.entries(headers as HeaderTable).filter(([name]) => name !== 'compression'));
  return {
    ...message,
    headers: HeaderBlock.fromTable(
      content.compression === null ? plain : { ...plain, compression: content.compression },
    ),
    properties: {
      ...(properties as unknown as MessageProperties),
      contentType: content.contentType,
      contentEncoding: content.contentEncoding,
    },
    body: content.body,
  };
}
