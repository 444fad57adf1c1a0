/**
 * What celeriac knows of the thread it runs in. One object a thread, kept under a registered symbol, so that two copies
 * of the package in one process (an ESM and a bundled one) share their role, outlet and apps.
 */
import type { SettingsInput } from '../settings/table.js';
import type { FollowUps } from './follow-ups.js';
import type { Outlet } from './outlet.js';
import { createSignals, type SignalTable } from './signal-catalogue.js';
import type { TaskRegistry } from './task-registry.js';

export type Role = 'client' | 'host' | 'member';

/** What the rooms below `core/app` see of an app. */
export interface RegisteredApp {
  readonly main: string;
  readonly tasks: TaskRegistry;
  /** URL of the module that constructed it, as a stack trace shows it; null when unknown. */
  readonly definedIn: string | null;
  /** What follows its tasks (TASK-51, 54). */
  readonly followUps: FollowUps;
}

export interface ThreadRuntime {
  role: Role;
  /** Set in a member before user code is imported; apps then use it instead of opening connections. */
  outlet: Outlet | null;
  /** Settings that stand above those of constructors: command line, host → member. */
  overrides: SettingsInput;
  /** Every app of this thread in order of construction. */
  readonly apps: RegisteredApp[];
  readonly signals: SignalTable;
}

const key = Symbol.for('celeriac.thread-runtime');

export function threadRuntime(): ThreadRuntime {
  const holder = globalThis as { [key]?: ThreadRuntime };
  holder[key] ??= { role: 'client', outlet: null, overrides: {}, apps: [], signals: createSignals() };
  return holder[key];
}
