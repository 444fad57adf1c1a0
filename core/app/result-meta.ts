/** Stored results → what `result.meta()` shows. Client, host and member. */
import { keepHiddenClass } from '../kernel/hidden-class.js';
import { EXCEPTION_STATES, State } from '../kernel/states.js';
import type { StoredResult } from '../ports/backend.js';
import { decodeResultDocument, readResultDocument, type ResultDocument } from '../protocol/result-document.js';
import { remoteError } from './remote-error.js';
import type { ResultMeta, ResultNode, ResultSource } from './result-node.js';

const NO_CHILDREN: readonly ResultNode[] = [];

/** @throws ProtocolError when the document is none; ContentDisallowed when its format is not to be read. */
export function readMeta(taskId: string, stored: StoredResult, source: ResultSource): ResultMeta {
  const { format, limits } = source;
  const document =
    format === null
      ? decodeResultDocument(stored.document, limits)
      : readResultDocument(format.decode(stored.document, limits));
  return new StoredMeta(taskId, document, source);
}

/** What is known of an id that the backend does not know. */
export function pendingMeta(taskId: string): ResultMeta {
  return {
    taskId,
    state: State.PENDING,
    result: null,
    traceback: null,
    children: NO_CHILDREN,
    dateDone: null,
    groupId: null,
    parentId: null,
    name: null,
    args: null,
    kwargs: null,
    worker: null,
    retries: null,
    queue: null,
  };
}

/** A view of the document: `get()` makes one for each result, and looks at state and result alone. */
class StoredMeta implements ResultMeta {
  readonly taskId: string;
  readonly state: string;
  readonly result: unknown;
  readonly traceback: string | null;
  readonly #document: ResultDocument;
  readonly #source: ResultSource;

  constructor(taskId: string, document: ResultDocument, source: ResultSource) {
    const { status, result } = document;
    this.taskId = taskId;
    this.state = status;
    // A retry without a cause has none to show.
    const isError = EXCEPTION_STATES.has(status) && (result !== null || status !== State.RETRY);
    this.result = isError ? remoteError(document, source) : result;
    this.traceback = document.traceback;
    this.#document = document;
    this.#source = source;
  }

  get children(): readonly ResultNode[] {
    return this.#document.children.map((tuple) => this.#source.fromTuple(tuple));
  }

  get dateDone(): Date | null {
    const { dateDoneEpochMs } = this.#document;
    return dateDoneEpochMs === null ? null : new Date(dateDoneEpochMs);
  }

  get groupId(): string | null {
    return this.#document.groupId;
  }

  get parentId(): string | null {
    return this.#document.parentId;
  }

  get name(): string | null {
    return this.#document.name;
  }

  get args(): unknown {
    return this.#document.args;
  }

  get kwargs(): unknown {
    return this.#document.kwargs;
  }

  get worker(): string | null {
    return this.#document.worker;
  }

  get retries(): number | null {
    return this.#document.retries;
  }

  get queue(): string | null {
    return this.#document.queue;
  }
}

const NOBODY: unknown = Object.freeze({});
keepHiddenClass(new StoredMeta('', readResultDocument({ status: '' }), NOBODY as ResultSource));
