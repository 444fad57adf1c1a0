/** The result documents of a task's states (TASK-63), as JSON text. Member, and host where no member can speak. */
import { State } from '../kernel/states.js';
import { encodeException, type WireException } from '../protocol/exception-encode.js';
import { encodeJson } from '../protocol/json-encode.js';
import { formatResultDocument, type ResultDocumentParts } from '../protocol/result-document.js';
import type { TaskMessage } from '../protocol/task-message.js';
import { Reject } from './control-flow.js';
import type { Run } from './run.js';

type Subject = Pick<TaskMessage, 'id' | 'groupId' | 'parentId'>;

export interface EndOfRun {
  /** Ids of the tasks that the run has sent. */
  readonly children: readonly string[];
  readonly nowEpochMs: number;
  /** The call, for documents that say more of it; null or absent for the usual ones. */
  readonly call?: ExtendedCall | null;
}

/** What `resultExtended` adds to a document (BKE-22). */
export interface ExtendedCall {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly hostname: string;
  readonly run: Pick<Run, 'message' | 'info'>;
}

/** @throws EncodeError when `value` cannot be carried. */
export function successDocument(value: unknown, subject: Subject, end: EndOfRun): string {
  const document = format(State.SUCCESS, encodeJson(value), subject, {
    children: end.children,
    dateDoneEpochMs: end.nowEpochMs,
  });
  return extended(document, end);
}

export function failureDocument(thrown: unknown, subject: Subject, end: EndOfRun): string {
  const rest = { children: end.children, dateDoneEpochMs: end.nowEpochMs };
  return extended(exceptionDocument(State.FAILURE, thrown, subject, rest), end);
}

/** @param cause the error that made the retry necessary; undefined when there was none. */
export function retryDocument(cause: unknown, subject: Subject, end: EndOfRun): string {
  // The retry itself is a child under the same id (protocol.md §7.2).
  return extended(
    exceptionDocument(State.RETRY, cause ?? null, subject, { children: [...end.children, subject.id] }),
    end,
  );
}

export function revokedDocument(error: Error, subject: Subject, nowEpochMs: number): string {
  return exceptionDocument(State.REVOKED, error, subject, { dateDoneEpochMs: nowEpochMs });
}

export function startedDocument(
  subject: Subject,
  place: { readonly pid: number; readonly hostname: string; readonly threadId: number },
): string {
  const { pid, hostname, threadId } = place;
  return format(State.STARTED, JSON.stringify({ pid, hostname, thread_id: threadId }), subject, {});
}

/** A state of the application, as PROGRESS. @throws EncodeError when `meta` cannot be carried. */
export function stateDocument(state: string, meta: unknown, subject: Subject): string {
  return format(state, encodeJson(meta), subject, {});
}

/** A stamp of one of these names, which a stranger chooses, must not become the state or the id of a result. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  ...['status', 'result', 'traceback', 'children', 'date_done', 'task_id', 'group_id', 'parent_id'],
  ...['name', 'args', 'kwargs', 'worker', 'retries', 'queue', 'stamped_headers'],
]);

/** The document with name, arguments, worker, retries, queue and stamps of the call behind its own fields. */
function extended(document: string, { call = null }: EndOfRun): string {
  if (call === null) return document;
  const { args, kwargs, hostname, run } = call;
  const { message, info } = run;
  const stamps = Object.fromEntries(Object.entries(message.stamps ?? {}).filter(([name]) => !OWN_FIELDS.has(name)));
  const stamped = message.stampedHeaders === null ? {} : { stamped_headers: message.stampedHeaders, ...stamps };
  const rest = { worker: hostname, retries: message.retries, queue: info.routingKey, ...stamped };
  // Arguments came in a message: a float that JSON has no word for may be among them.
  const fields = encodeJson({ name: message.task, args, kwargs, ...rest }, { allowNonFinite: true });
  return `${document.slice(0, -1)},${fields.slice(1)}`;
}

/** Celery's own class, with its two arguments (protocol.md §7.2). */
function rejectionOf({ message, requeue }: Reject): WireException {
  return { exc_type: 'Reject', exc_message: [message, requeue], exc_module: 'celery.exceptions' };
}

function exceptionDocument(
  state: string,
  thrown: unknown,
  subject: Subject,
  rest: Partial<ResultDocumentParts>,
): string {
  if (thrown === null) return format(state, 'null', subject, rest);
  const encoded = encodeException(thrown);
  const exception = thrown instanceof Reject ? rejectionOf(thrown) : encoded.exception;
  const { traceback } = encoded;
  // Fields of the error are any values that this encoder takes: dates, big integers.
  return format(state, encodeJson(exception, { allowNonFinite: true }), subject, { ...rest, traceback });
}

function format(status: string, resultJson: string, subject: Subject, rest: Partial<ResultDocumentParts>): string {
  return formatResultDocument({
    taskId: subject.id,
    status,
    resultJson,
    traceback: null,
    children: null,
    dateDoneEpochMs: null,
    groupId: subject.groupId,
    parentId: subject.parentId,
    ...rest,
  });
}
