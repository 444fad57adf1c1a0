/** Stored results → what `result.meta()` shows. Client, host and member. */
import { EXCEPTION_STATES, State } from '../kernel/states.js';
import type { StoredResult } from '../ports/backend.js';
import { decodeResultDocument } from '../protocol/result-document.js';
import { remoteError } from './remote-error.js';
import type { ResultMeta, ResultNode, ResultSource } from './result-node.js';

const NO_CHILDREN: readonly ResultNode[] = [];

/** @throws ProtocolError when the document is none. */
export function readMeta(taskId: string, stored: StoredResult, source: ResultSource): ResultMeta {
  const document = decodeResultDocument(stored.document);
  const { status, result, traceback, groupId, parentId, name, args, kwargs, worker, retries, queue } = document;
  // A retry without a cause has none to show.
  const isError = EXCEPTION_STATES.has(status) && (result !== null || status !== State.RETRY);
  return {
    taskId,
    state: status,
    result: isError ? remoteError(document, source) : result,
    traceback,
    get children() {
      return document.children.map((tuple) => source.fromTuple(tuple));
    },
    get dateDone() {
      const { dateDoneEpochMs } = document;
      return dateDoneEpochMs === null ? null : new Date(dateDoneEpochMs);
    },
    groupId,
    parentId,
    name,
    args,
    kwargs,
    worker,
    retries,
    queue,
  };
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
