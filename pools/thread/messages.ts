/**
 * What passes between host and member beside the rings: the closed list of messages and the data a thread starts with.
 * All of it is structured-cloned; nothing here is on the hot path.
 */
import type { MessagePort } from 'node:worker_threads';
import type { ErrorText } from '../error-text.js';
import type { LaneSizes } from './lane-layout.js';

/** How a member watches its memory. */
export interface MemoryLimits {
  /** Somebody acts on what it stamps: it looks often. */
  readonly isWatched: boolean;
  /** It says so when it holds so much more than when it was loaded, KiB; null never. */
  readonly maxGrowthKib: number | null;
}

/** `workerData` of a member. */
export interface MemberBoot {
  readonly kind: 'celeriac.member';
  readonly index: number;
  readonly epoch: number;
  readonly memory: SharedArrayBuffer;
  readonly sizes: LaneSizes;
  /** Wakes the other side; both ways. */
  readonly bellPort: MessagePort;
  /** Carries payloads that are too large for a ring; read synchronously, never listened to. */
  readonly bulkPort: MessagePort;
  /** Carries what the member prints. */
  readonly outputPort: MessagePort;
  /** The module whose default export is a `MemberProgramFactory`: JavaScript. */
  readonly programUrl: string;
  readonly data: unknown;
  readonly memoryLimits: MemoryLimits;
}

/** From a member over its output port. */
export interface OutputMessage {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  /** Of the run that printed it; NO_TICKET where that is not known. */
  readonly ticket: number;
}

/** From a member over its parent port, which user code may use as well: hence the long names. */
export type MemberMessage =
  | { readonly type: 'celeriac.ready'; readonly manifest: unknown }
  /** It holds more than it may, and not because of garbage alone. */
  | { readonly type: 'celeriac.grown'; readonly memoryKib: number; readonly baselineKib: number }
  /** The program could not be loaded; the member ends. */
  | { readonly type: 'celeriac.load-failed'; readonly error: ErrorText }
  /** The program broke its contract, or the lane makes no sense; the member ends. */
  | { readonly type: 'celeriac.broken'; readonly error: ErrorText };

/** User code can post to its parent port, too: what only looks like one of ours must not end the host (G6). */
export function isMemberMessage(message: unknown): message is MemberMessage {
  if (typeof message !== 'object' || message === null || !('type' in message)) return false;
  switch (message.type) {
    case 'celeriac.ready':
      return true;
    case 'celeriac.grown':
      return 'memoryKib' in message && typeof message.memoryKib === 'number';
    case 'celeriac.load-failed':
    case 'celeriac.broken':
      return 'error' in message && isErrorText(message.error);
    default:
      return false;
  }
}

function isErrorText(error: unknown): error is ErrorText {
  const { name, message } = (error ?? {}) as Partial<ErrorText>;
  return typeof name === 'string' && typeof message === 'string';
}
