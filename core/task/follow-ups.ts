/**
 * Port to what follows a task: callbacks and the next step of a chain after a success, errbacks after a failure
 * (TASK-51, 52, 54). `trace.ts` calls it in the member when a message has an embed, before the result is stored, and
 * knows nothing of signatures; `core/app` binds the implementation of `core/canvas` (`RegisteredApp.followUps`).
 */
import type { OutgoingMessage } from '../ports/transport.js';
import type { Embed } from '../protocol/body.js';
import type { TaskRequest } from './task-request.js';

/** The run that has ended. */
export interface EndedRun {
  /** Ids, root, parent, priority, retries and headers of the message. */
  readonly request: TaskRequest;
  readonly embed: Embed;
  /** Ids of the messages to come, as those of other children of this run: the n-th has the same id in every repeat. */
  readonly nextId: () => string;
}

type Messages = readonly OutgoingMessage[] | Promise<readonly OutgoingMessage[]>;

export interface FollowUps {
  /** Callbacks, each with the value before its own arguments, then `chain[-1]` with the rest of the chain. */
  afterSuccess(run: EndedRun, value: unknown): Messages;
  /** Errbacks. One that takes (request, error, traceback) may be called here and now, and sends nothing. */
  afterFailure(run: EndedRun, error: unknown): Messages;
  /** The way to a queue that a retry names. @throws QueueNotFound */
  wayTo(place: NamedPlace): Way;
}

/** Where a retry is to go, as its task says it. */
export interface NamedPlace {
  readonly queue: string;
  readonly exchange: string | null;
  readonly routingKey: string | null;
}

export type Way = Pick<OutgoingMessage, 'exchange' | 'routingKey'>;

const NONE: readonly OutgoingMessage[] = [];

/** For apps without canvas: nothing follows, and a queue is reached by its name. */
export const NO_FOLLOW_UPS: FollowUps = {
  afterSuccess: () => NONE,
  afterFailure: () => NONE,
  wayTo: ({ queue }) => ({ exchange: '', routingKey: queue }),
};
