/** The end of a node in words: how, and with which tasks (T5, T7, W8). */
import type { JournalEntry } from '../../core/worker/crashes/journal-record.js';
import type { NodeEnd } from './supervised-node.js';

/** Tasks that are named in the line; its fields have more. */
const MAX_NAMED = 8;
const MAX_LISTED = 100;
/** Codes from here on are those of a shell for a signal: 134 abort, 139 segmentation fault. */
const FIRST_SIGNAL_CODE = 128;

/** Whether it ended as a process does that was killed, and not by us: a fault, an abort, the kernel out of memory. */
export function isCrash({ code, signal, from }: NodeEnd): boolean {
  if (from === 'killing') return false;
  return signal !== null || (code !== null && code >= FIRST_SIGNAL_CODE);
}

export function howItEnded({ code, signal }: Pick<NodeEnd, 'code' | 'signal'>): string {
  return signal ?? `exit code ${String(code)}`;
}

/** `; it was running a.b[id] for 1.2 s; it may have been running a.c[id]`; nothing where nothing was. */
export function whatItRan(entries: readonly JournalEntry[], nowEpochMs: number): string {
  const seen = entries.filter(({ isRunning }) => isRunning);
  const given = entries.filter(({ isRunning }) => !isRunning);
  const running = seen.map((entry) => `${label(entry)} for ${seconds(nowEpochMs - entry.sinceEpochMs)}`);
  return `${phrase('; it was running', running)}${phrase('; it may have been running', given.map(label))}`;
}

/** The tasks as fields of a log line. */
export function tasksOf(entries: readonly JournalEntry[]): readonly object[] {
  return entries.slice(0, MAX_LISTED).map(({ id, name, isRunning, sinceEpochMs }) => ({
    id,
    name,
    isRunning,
    since: new Date(sinceEpochMs).toISOString(),
  }));
}

function label({ id, name }: JournalEntry): string {
  return `${name}[${id}]`;
}

function phrase(words: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const more = names.length > MAX_NAMED ? ` and ${String(names.length - MAX_NAMED)} more` : '';
  return `${words} ${names.slice(0, MAX_NAMED).join(', ')}${more}`;
}

function seconds(ms: number): string {
  return `${(Math.max(0, ms) / 1_000).toFixed(1)} s`;
}
