/**
 * Options of a call as JavaScript writes them and as a signature carries them (protocol.md §2.1): `taskId` ⇄ `task_id`.
 * Names that are not options (stamps, an application's own) stay as they are.
 */

const WIRE_NAMES: Readonly<Record<string, string>> = {
  taskId: 'task_id',
  rootId: 'root_id',
  parentId: 'parent_id',
  replyTo: 'reply_to',
  groupId: 'group_id',
  groupIndex: 'group_index',
  linkError: 'link_error',
  routingKey: 'routing_key',
  exchangeType: 'exchange_type',
  timeLimit: 'time_limit',
  softTimeLimit: 'soft_time_limit',
  ignoreResult: 'ignore_result',
  replacedTaskNesting: 'replaced_task_nesting',
  stampedHeaders: 'stamped_headers',
  deliveryMode: 'delivery_mode',
  retryPolicy: 'retry_policy',
  addToParent: 'add_to_parent',
  confirmTimeout: 'confirm_timeout',
  routeName: 'route_name',
  taskType: 'task_type',
};

const OWN_NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(WIRE_NAMES).map(([own, wire]) => [wire, own]),
);

export type Options = Readonly<Record<string, unknown>>;

/** The options that say something, in Celery's names. */
export function optionsToWire(options: Options): Options {
  return renamed(options, WIRE_NAMES);
}

/** The options that say something, in our names. */
export function optionsFromWire(options: Options): Options {
  return renamed(options, OWN_NAMES);
}

/** Null values are as good as absent ones. */
function renamed(options: Options, names: Readonly<Record<string, string>>): Options {
  const entries = Object.entries(options).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries.map(([name, value]): [string, unknown] => [names[name] ?? name, value]));
}
