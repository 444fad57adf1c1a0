/** Which dead letters a command means. Pure. */
import type { DeadMessage } from './dead-message.js';

export interface DeadFilterFlags {
  /** Name of the task; `*` and `?` stand for any characters and for one. */
  readonly task?: string;
  readonly reason?: string;
  /** Dead at this instant or later. */
  readonly since?: Date;
  /** Dead before this instant. */
  readonly before?: Date;
  /** Only the first so many. */
  readonly limit?: number;
}

/** Whether a flag narrows the choice. */
export function isNarrowing({ task, reason, since, before, limit }: DeadFilterFlags): boolean {
  return [task, reason, since, before, limit].some((flag) => flag !== undefined);
}

/** @param ids only letters of these tasks; all when there are none */
export function filterDead<T extends Pick<DeadMessage, 'id' | 'task' | 'reason' | 'time'>>(
  messages: readonly T[],
  flags: DeadFilterFlags,
  ids: readonly string[] = [],
): readonly T[] {
  const { reason, since, before, limit = Infinity } = flags;
  const task = flags.task === undefined ? null : globOf(flags.task);
  const wanted = new Set(ids);
  return messages
    .filter(
      (message) =>
        (wanted.size === 0 || (message.id !== null && wanted.has(message.id))) &&
        (task === null || (message.task !== null && task.test(message.task))) &&
        (reason === undefined || message.reason === reason) &&
        // Without a time, or with one that is none, it is neither before nor after.
        (since === undefined || Date.parse(message.time ?? '') >= since.getTime()) &&
        (before === undefined || Date.parse(message.time ?? '') < before.getTime()),
    )
    .slice(0, limit);
}

/** What of the choice meets no letter, in words: a misspelt id or reason would look like nothing to do. Null when all does. */
export function unmetChoice(
  messages: readonly Pick<DeadMessage, 'id' | 'reason'>[],
  { reason }: DeadFilterFlags,
  ids: readonly string[],
): string | null {
  const known = new Set(messages.map(({ id }) => id));
  const missing = ids.filter((id) => !known.has(id));
  if (missing.length > 0) return `no dead letter has the id ${missing.join(', ')}`;
  const reasons = [...new Set(messages.flatMap((message) => message.reason ?? []))].sort();
  if (reason === undefined || reasons.length === 0 || reasons.includes(reason)) return null;
  return `no dead letter has the reason "${reason}"; there is ${reasons.join(', ')}`;
}

function globOf(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's');
}
