/**
 * What a supervisor and its nodes say to each other over the pipe between them, and what a node is told at its start, in
 * one variable of its environment. Both sides read with a decoder: the other process may be of another version, and a
 * task module may send what it likes on the same pipe.
 */

/** Rows of the banner: what a node does. */
export interface NodeFace {
  readonly hostname: string;
  readonly concurrency: number;
  /** As the banner has it, without the node's name. */
  readonly banner: readonly (readonly [name: string, value: string])[];
}

export type NodeMessage =
  /** The app is loaded; these bounds of its settings hold from now on. */
  | { readonly type: 'loaded'; readonly startTimeoutMs: number; readonly beatTimeoutMs: number }
  | { readonly type: 'ready'; readonly face: NodeFace }
  /** The main thread turns. */
  | { readonly type: 'beat' }
  /** It ends in order and wants to be started again (HUP). */
  | { readonly type: 'again' }
  /** A suspect has ended without ending the process. */
  | { readonly type: 'cleared'; readonly id: string };

/** Task id → processes that died while they may have run it. */
export type Crashes = readonly (readonly [id: string, count: number])[];

export interface SupervisorMessage {
  readonly type: 'blamed';
  readonly crashes: Crashes;
}

/** What a node must know before it loads anything. */
export interface NodeCharge {
  /** From 1. */
  readonly index: number;
  /** Nodes of this supervisor. */
  readonly processes: number;
  /** File of the in-flight journal. */
  readonly journal: string;
  /** Whether it is the one that purges the queues (`--purge`). */
  readonly purges: boolean;
  readonly crashes: Crashes;
}

export const CHARGE_VARIABLE = 'CELERIAC_NODE';

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null ? (value as Fields) : null;
}

/** null for what is no message of ours. */
export function readNodeMessage(value: unknown): NodeMessage | null {
  const fields = fieldsOf(value);
  switch (fields?.['type']) {
    case 'beat':
    case 'again':
      return { type: fields['type'] };
    case 'loaded': {
      const { startTimeoutMs, beatTimeoutMs } = fields;
      if (typeof startTimeoutMs !== 'number' || typeof beatTimeoutMs !== 'number') return null;
      return { type: 'loaded', startTimeoutMs, beatTimeoutMs };
    }
    case 'cleared':
      return typeof fields['id'] === 'string' ? { type: 'cleared', id: fields['id'] } : null;
    case 'ready': {
      const face = faceOf(fieldsOf(fields['face']));
      return face === null ? null : { type: 'ready', face };
    }
    default:
      return null;
  }
}

function faceOf(fields: Fields | null): NodeFace | null {
  if (fields === null) return null;
  const { hostname, concurrency, banner } = fields;
  if (typeof hostname !== 'string' || typeof concurrency !== 'number' || !Array.isArray(banner)) return null;
  return { hostname, concurrency, banner: banner.filter(isRow) };
}

function isRow(row: unknown): row is readonly [string, string] {
  return Array.isArray(row) && typeof row[0] === 'string' && typeof row[1] === 'string';
}

/** null for what is no message of ours. */
export function readSupervisorMessage(value: unknown): SupervisorMessage | null {
  const fields = fieldsOf(value);
  return fields?.['type'] === 'blamed' ? { type: 'blamed', crashes: crashesOf(fields['crashes']) } : null;
}

/** null where the variable is not set, or was not set by us. */
export function readCharge(text: string | undefined): NodeCharge | null {
  if (text === undefined) return null;
  try {
    const fields = fieldsOf(JSON.parse(text));
    if (fields === null) return null;
    const { index, processes, journal, purges, crashes } = fields;
    if (typeof index !== 'number' || typeof processes !== 'number' || typeof journal !== 'string') return null;
    return { index, processes, journal, purges: purges === true, crashes: crashesOf(crashes) };
  } catch {
    return null;
  }
}

function crashesOf(value: unknown): Crashes {
  return Array.isArray(value) ? value.filter(isCrash) : [];
}

function isCrash(pair: unknown): pair is readonly [string, number] {
  return Array.isArray(pair) && typeof pair[0] === 'string' && typeof pair[1] === 'number';
}
