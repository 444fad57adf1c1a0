/**
 * Headers of a protocol 2 task message as JSON text (protocol.md §1.2, WIRE-03): written wherever a message is made, and
 * read back fast where they have the form in which nearly all are written. Hot path: text in, text out, no table.
 */
import { EncodeError } from '../kernel/errors.js';
import { HeaderBlock, type HeaderTable } from '../kernel/header-block.js';
import { formatInstant } from './iso-instant.js';

/** Tasks with the same text in it run one after another in one worker; celeriac's own header, unknown to Celery. */
export const ORDERING_KEY_HEADER = 'celeriac-ordering-key';

/** Every header that celeriac or Celery gives a meaning; all others are the application's. */
export const KNOWN_HEADERS: ReadonlySet<string> = new Set([
  ...['lang', 'task', 'id', 'shadow', 'eta', 'expires', 'group', 'group_index', 'retries', 'timelimit', 'root_id'],
  ...['parent_id', 'argsrepr', 'kwargsrepr', 'origin', 'ignore_result', 'replaced_task_nesting', 'stamped_headers'],
  ...['stamps', 'compression', 'meth', 'redelivered', ORDERING_KEY_HEADER],
]);

/** What the sender of a task decides; everything that is not given is written as Python writes it when unused. */
export interface TaskHeaderFields {
  readonly task: string;
  readonly id: string;
  readonly shadow?: string | null;
  readonly etaEpochMs?: number | null;
  readonly expiresEpochMs?: number | null;
  /** ISO 8601 text in place of `etaEpochMs`, for a message that is passed on with every digit it had. */
  readonly etaText?: string | null;
  readonly expiresText?: string | null;
  readonly groupId?: string | null;
  readonly groupIndex?: number | null;
  readonly retries?: number;
  readonly timeLimitSeconds?: number | null;
  readonly softTimeLimitSeconds?: number | null;
  /** @defaultValue `id` */
  readonly rootId?: string;
  readonly parentId?: string | null;
  readonly argsrepr: string;
  readonly kwargsrepr: string;
  /** `gen<pid>@<host>` for an anonymous client. */
  readonly origin: string;
  readonly ignoreResult?: boolean;
  readonly replacedTaskNesting?: number;
  readonly stampedHeaders?: readonly string[] | null;
  readonly stamps?: HeaderTable | null;
  readonly compression?: string | null;
  readonly orderingKey?: string | null;
  /** Headers of the application. */
  readonly customHeaders?: HeaderTable;
}

/**
 * Headers in Python's order, `lang` is `js`. Written as text at once: half the price of a table and its JSON, and every
 * embedded store keeps text.
 * @throws EncodeError when a custom header takes the name of one with a meaning.
 */
export function encodeTaskHeaders(fields: TaskHeaderFields): HeaderBlock {
  const id = quote(fields.id);
  const rootId = fields.rootId === undefined ? id : quote(fields.rootId);
  return HeaderBlock.fromJson(
    `{"lang":"js","task":${quote(fields.task)},"id":${id},${timing(fields)},"root_id":${rootId}` +
      `,"parent_id":${quoteOrNull(fields.parentId)},"argsrepr":${JSON.stringify(fields.argsrepr)}` +
      `,"kwargsrepr":${quote(fields.kwargsrepr)},"origin":${quote(fields.origin)}` +
      `,"ignore_result":${fields.ignoreResult === true ? 'true' : 'false'},${nesting(fields)}` +
      `${orderingText(fields.orderingKey)}${customText(fields.customHeaders)}}`,
  );
}

const USUAL_TIMING =
  '"shadow":null,"eta":null,"expires":null,"group":null,"group_index":null,"retries":0,"timelimit":[null,null]';

/** `shadow` to `timelimit`; nearly every message has them unused, and then they are one constant. */
function timing(fields: TaskHeaderFields): string {
  const { shadow = null, groupId = null, groupIndex = null, retries = 0 } = fields;
  const { timeLimitSeconds = null, softTimeLimitSeconds = null } = fields;
  const eta = fields.etaText ?? instantText(fields.etaEpochMs);
  const expires = fields.expiresText ?? instantText(fields.expiresEpochMs);
  const isUsual =
    (shadow ?? eta ?? expires ?? groupId ?? groupIndex ?? timeLimitSeconds ?? softTimeLimitSeconds) === null;
  if (isUsual && retries === 0) return USUAL_TIMING;
  return (
    `"shadow":${quoteOrNull(shadow)},"eta":${quoteOrNull(eta)},"expires":${quoteOrNull(expires)}` +
    `,"group":${quoteOrNull(groupId)},"group_index":${String(groupIndex)},"retries":${String(retries)}` +
    `,"timelimit":[${String(timeLimitSeconds)},${String(softTimeLimitSeconds)}]`
  );
}

const USUAL_NESTING = '"replaced_task_nesting":0,"stamped_headers":null,"stamps":{}';

/** `replaced_task_nesting` to `compression`, likewise. */
function nesting(fields: TaskHeaderFields): string {
  const { replacedTaskNesting = 0, stampedHeaders = null, stamps = null, compression = null } = fields;
  if (replacedTaskNesting === 0 && (stampedHeaders ?? stamps ?? compression) === null) return USUAL_NESTING;
  return (
    `"replaced_task_nesting":${String(replacedTaskNesting)},"stamped_headers":${JSON.stringify(stampedHeaders)}` +
    `,"stamps":${tableText(stamps)}${compression === null ? '' : `,"compression":${JSON.stringify(compression)}`}`
  );
}

function orderingText(key: string | null | undefined): string {
  return key === null || key === undefined ? '' : `,"${ORDERING_KEY_HEADER}":${JSON.stringify(key)}`;
}

/** Characters that JSON leaves as they are. */
const PLAIN = /^[\w.:@{}-]*$/;

/** JSON of a short text that seldom needs escapes. */
function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

function quoteOrNull(text: string | null | undefined): string {
  return text === null || text === undefined ? 'null' : quote(text);
}

function instantText(epochMs: number | null | undefined): string | null {
  return epochMs === null || epochMs === undefined ? null : formatInstant(epochMs);
}

function tableText(table: HeaderTable | null): string {
  return table === null ? '{}' : HeaderBlock.fromTable(table).json;
}

/** Further members of the object, each with a comma before it. */
function customText(custom: HeaderTable | undefined): string {
  if (custom === undefined) return '';
  const names = Object.keys(custom);
  const taken = names.find((name) => KNOWN_HEADERS.has(name));
  if (taken !== undefined) throw new EncodeError(`header "${taken}" belongs to the task message; choose another name`);
  const members = tableText(custom).slice(1, -1);
  return members === '' ? '' : `,${members}`;
}

/** A text that needs no escapes, and one that may have some. */
const ID = String.raw`"([\w.:@{}-]+)"`;
const PLAIN_RUN = String.raw`[^"\\\u0000-\u001f]*`;
const ESCAPE = String.raw`\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})`;
const TEXT = `"(${PLAIN_RUN}(?:${ESCAPE}${PLAIN_RUN})*)"`;
const USUAL_FORM = new RegExp(
  String.raw`^\{"lang":"js","task":${ID},"id":${ID},${escapeForm(USUAL_TIMING)},"root_id":${ID},"parent_id":(?:null|${ID})` +
    String.raw`,"argsrepr":${TEXT},"kwargsrepr":${TEXT},"origin":${ID},"ignore_result":(true|false),${escapeForm(USUAL_NESTING)}\}$`,
);

function escapeForm(text: string): string {
  return text.replace(/[[\]{}]/g, '\\$&');
}

/** The same object in every table of the usual form, which is known by it. */
const USUAL_STAMPS: HeaderTable = Object.freeze({});
const USUAL_LIMITS: readonly null[] = Object.freeze([null, null]);
const USUAL_COUNT = 19;

/** Whether `parseUsualHeaders` has made it, so that it has no other headers, nor deeper ones, and not more than `maxHeaders`. */
export function isUsualTable(table: HeaderTable, maxHeaders: number): boolean {
  return table['stamps'] === USUAL_STAMPS && maxHeaders >= USUAL_COUNT;
}

/**
 * What `JSON.parse` gives for headers in the usual form, at a quarter of its price; null for any other form, which is
 * neither better nor worse.
 */
export function parseUsualHeaders(json: string): HeaderTable | null {
  const m = USUAL_FORM.exec(json);
  if (m === null) return null;
  const [, task, id, rootId, parentId = null, argsrepr = '', kwargsrepr = '', origin, ignoreResult] = m;
  return {
    lang: 'js',
    task,
    id,
    shadow: null,
    eta: null,
    expires: null,
    group: null,
    group_index: null,
    retries: 0,
    timelimit: USUAL_LIMITS,
    root_id: rootId,
    parent_id: parentId,
    argsrepr: unescapeText(argsrepr),
    kwargsrepr: unescapeText(kwargsrepr),
    origin,
    ignore_result: ignoreResult === 'true',
    replaced_task_nesting: 0,
    stamped_headers: null,
    stamps: USUAL_STAMPS,
  };
}

function unescapeText(text: string): string {
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
}
