/**
 * Celery's result document, the "meta" (protocol.md §7.2), as JSON. Written in members, and on the host where no member
 * can; read by whoever asks for a result. Keys are in Python's order.
 */
import { ProtocolError } from '../kernel/errors.js';
import { keepHiddenClass } from '../kernel/hidden-class.js';
import { formatInstant, parseInstant } from './iso-instant.js';
import { decodeJson } from './json-decode.js';
import { DEFAULT_MESSAGE_LIMITS, type MessageLimits } from './message-limits.js';
import { decodeResultTuples, type ResultTuple } from './result-tuple.js';

export interface ResultDocumentParts {
  readonly taskId: string;
  /** A state, or any upper-case name of the application's. */
  readonly status: string;
  /** JSON text: `encodeJson` of the value, or of `encodeException`'s object in FAILURE, RETRY and REVOKED. */
  readonly resultJson: string;
  /** Stack text; null but for FAILURE and RETRY. */
  readonly traceback: string | null;
  /** What the task has sent: ids of tasks, or tuples; null when no request was known. */
  readonly children: readonly (string | ResultTuple)[] | null;
  /** Instant of the end; null while the state is not ready. */
  readonly dateDoneEpochMs: number | null;
  readonly groupId: string | null;
  readonly parentId: string | null;
}

/** The document as JSON text. */
export function formatResultDocument(parts: ResultDocumentParts): string {
  const { traceback, children, dateDoneEpochMs, groupId, parentId } = parts;
  const group = groupId === null ? '' : `,"group_id":${JSON.stringify(groupId)}`;
  const parent = parentId === null ? '' : `,"parent_id":${JSON.stringify(parentId)}`;
  return (
    `{"status":${JSON.stringify(parts.status)},"result":${parts.resultJson}` +
    `,"traceback":${traceback === null ? 'null' : JSON.stringify(traceback)}` +
    `,"children":${children === null ? 'null' : formatChildren(children)}` +
    `,"date_done":${dateDoneEpochMs === null ? 'null' : `"${formatInstant(dateDoneEpochMs)}"`}` +
    `${group}${parent},"task_id":${JSON.stringify(parts.taskId)}}`
  );
}

/** The document as a backend stores it. */
export function encodeResultDocument(parts: ResultDocumentParts): Uint8Array {
  return Buffer.from(formatResultDocument(parts), 'utf8');
}

function formatChildren(children: readonly (string | ResultTuple)[]): string {
  if (children.length === 0) return '[]';
  return JSON.stringify(children.map((child) => (typeof child === 'string' ? [[child, null], null] : child)));
}

/** A document as read. */
export interface ResultDocument {
  /** null in documents that other programs wrote without it. */
  readonly taskId: string | null;
  readonly status: string;
  /** Value, progress data, or in exception states what `decodeException` reads. */
  readonly result: unknown;
  readonly traceback: string | null;
  /** Results of what it sent, tasks and groups. */
  readonly children: readonly ResultTuple[];
  readonly dateDoneEpochMs: number | null;
  readonly groupId: string | null;
  readonly parentId: string | null;
  /** What `resultExtended` adds (BKE-22); each null where it was not stored. */
  readonly name: string | null;
  readonly args: unknown;
  readonly kwargs: unknown;
  readonly worker: string | null;
  readonly retries: number | null;
  /** Routing key of the delivery. */
  readonly queue: string | null;
}

/** @throws ProtocolError when the bytes are not JSON or have no status; other fields that are malformed read as absent. */
export function decodeResultDocument(
  bytes: Uint8Array | string,
  limits: MessageLimits = DEFAULT_MESSAGE_LIMITS,
): ResultDocument {
  return readResultDocument(decodeJson(bytes, limits));
}

/** As `decodeResultDocument`, of what another format than JSON has been decoded to. @throws ProtocolError */
export function readResultDocument(value: unknown): ResultDocument {
  if (typeof value !== 'object' || value === null) throw new ProtocolError('result document is not a mapping');
  const document = value as Readonly<Record<string, unknown>>;
  const status = textOrNull(document, 'status');
  if (status === null) throw new ProtocolError('result document has no status');
  return new ReadDocument(status, document);
}

/** Whatever is seldom asked for is read when it is: all of it at once cost as much as decoding a small document. */
class ReadDocument implements ResultDocument {
  readonly status: string;
  readonly result: unknown;
  readonly traceback: string | null;
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(status: string, fields: Readonly<Record<string, unknown>>) {
    this.status = status;
    this.result = fields['result'] ?? null;
    this.traceback = textOrNull(fields, 'traceback');
    this.#fields = fields;
  }

  get taskId(): string | null {
    return textOrNull(this.#fields, 'task_id');
  }

  get children(): readonly ResultTuple[] {
    return decodeResultTuples(this.#fields['children']);
  }

  get dateDoneEpochMs(): number | null {
    const dateDone = textOrNull(this.#fields, 'date_done');
    return dateDone === null ? null : parseInstant(dateDone);
  }

  get groupId(): string | null {
    return textOrNull(this.#fields, 'group_id');
  }

  get parentId(): string | null {
    return textOrNull(this.#fields, 'parent_id');
  }

  get name(): string | null {
    return textOrNull(this.#fields, 'name');
  }

  get args(): unknown {
    return this.#fields['args'] ?? null;
  }

  get kwargs(): unknown {
    return this.#fields['kwargs'] ?? null;
  }

  get worker(): string | null {
    return textOrNull(this.#fields, 'worker');
  }

  get retries(): number | null {
    const retries = this.#fields['retries'];
    return typeof retries === 'number' ? retries : null;
  }

  get queue(): string | null {
    return textOrNull(this.#fields, 'queue');
  }
}

function textOrNull(document: Readonly<Record<string, unknown>>, name: string): string | null {
  const value = document[name];
  return typeof value === 'string' ? value : null;
}

keepHiddenClass(new ReadDocument('', {}));
