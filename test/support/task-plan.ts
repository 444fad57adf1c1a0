/** Plans and outcomes of tasks for tests of the worker's core. */
import type { OutgoingMessage } from '../../core/ports/transport.js';
import { HeaderBlock } from '../../core/kernel/header-block.js';
import { encodeOutgoing } from '../../core/protocol/outgoing-record.js';
import { resolveSettings } from '../../core/settings/resolve.js';
import type { Settings, SettingsInput } from '../../core/settings/table.js';
import { manifestOf } from '../../core/task/manifest.js';
import { encodeOutcome } from '../../core/task/outcome-record.js';
import { resolveTaskOptions } from '../../core/task/resolve-task-options.js';
import type { TaskOptions } from '../../core/task/task-options.js';
import { TaskRegistry } from '../../core/task/task-registry.js';
import { planTask, type TaskPlan } from '../../core/worker/task-plan.js';
import { jsonProperties } from './task-delivery.js';

export function settingsOf(input: SettingsInput = {}): Settings {
  return resolveSettings(input).settings;
}

/** The plan of `shop.add` with these options. */
export function planOf(options: TaskOptions = {}, settings: Settings = settingsOf()): TaskPlan {
  const registry = new TaskRegistry();
  registry.register({ name: 'shop.add', options: resolveTaskOptions('shop.add', options), run: () => null });
  const [task] = manifestOf('shop', registry).tasks;
  if (task === undefined) throw new Error('the registry lost its task');
  return planTask(task, settings);
}

export function outgoing(id: string): OutgoingMessage {
  return {
    exchange: '',
    routingKey: 'celery',
    headers: HeaderBlock.fromTable({ task: 'shop.add', id }),
    properties: jsonProperties,
    body: Buffer.from('[[],{},null]'),
    notBeforeEpochMs: null,
  };
}

/** Payload of an outcome. */
export function outcomeOf(
  parts: { readonly document?: string; readonly note?: string; readonly successorIds?: readonly string[] } = {},
): Uint8Array {
  const { document = '', note = '', successorIds = [] } = parts;
  return encodeOutcome({
    runtimeUs: 1_500,
    document,
    note,
    successors: successorIds.map((id) => encodeOutgoing(outgoing(id))),
  });
}
