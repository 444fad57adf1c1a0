/**
 * A routed call → the task message that makes it (protocol.md §1). Client, host and member; no I/O. What nearly every
 * call leaves out costs one comparison.
 */
import { hostname } from 'node:os';
import { linkData } from '../canvas/signature.js';
import type { Clock } from '../kernel/clock.js';
import { ConfigError, EncodeError } from '../kernel/errors.js';
import { HeaderBlock, type HeaderTable } from '../kernel/header-block.js';
import type { MessageProperties, OutgoingMessage } from '../ports/transport.js';
import { EMPTY_EMBED, encodeTaskBody, type BodyFormat, type Embed, type EncodedBody } from '../protocol/body.js';
import { formatInstant } from '../protocol/iso-instant.js';
import { encodeMessageV1 } from '../protocol/message-v1.js';
import {
  encodeTaskHeaders,
  KNOWN_HEADERS,
  ORDERING_KEY_HEADER,
  type TaskHeaderFields,
} from '../protocol/task-headers.js';
import type { Settings } from '../settings/table.js';
import type { PublishOptions } from '../task/publish-options.js';
import { etaOf, expiryOf, secondsOf } from './call-instants.js';
import { checkOptionNames, type CallOptions } from './call-options.js';
import { CallReprs } from './call-repr.js';
import type { Draft } from './publish-signals.js';
import type { Parentage, RoutedCall } from './task-call.js';

/** `gen<pid>@<host>`, the name of an anonymous client. */
const origin = `gen${String(process.pid)}@${hostname()}`;

/** Header that says when a message was sent (`taskSentTimestamp`, BUG-19). */
const SENT_HEADER = 'celeriac_sent';

/** A time limit that no run reaches, s: the longest that a timer can have, which Python workers can, too. */
const NO_LIMIT_SECONDS = 2_147_483;

export class MessageBuilder {
  readonly #settings: Settings;
  readonly #clock: Clock;
  readonly #reprs: CallReprs;
  readonly #format: BodyFormat;

  constructor(settings: Settings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    this.#reprs = new CallReprs({ sensitiveNames: settings.taskSensitiveArgs, maxChars: settings.taskReprMaxChars });
    this.#format = { serializer: settings.taskSerializer, compression: settings.taskCompression };
  }

  /**
   * @throws ConfigError for options that make no sense; EncodeError for arguments that the serializer cannot carry, and
   * for a message beyond `messageMaxBytes`, `messageMaxHeaderBytes` or `messageMaxHeaders` (A3).
   */
  build(call: RoutedCall, parentage: Parentage): OutgoingMessage {
    const { task, args, kwargs, options, definition, target } = call;
    checkCall(call);
    const nowEpochMs = this.#clock.nowEpochMs();
    const etaEpochMs = etaOf(options, nowEpochMs, this.#settings.taskMaxEtaMs);
    const expiresEpochMs =
      expiryOf(options.expires ?? definition?.expiresSeconds, nowEpochMs) ?? definition?.expiresEpochMs ?? null;
    const embed = this.#embed(options);
    const format = this.#formatOf(call);
    const isV1 = this.#settings.taskProtocol === 1;
    const v2 = isV1 ? null : encodeTaskBody({ args, kwargs, embed }, format);
    const fields = this.#fields(call, parentage, { etaEpochMs, expiresEpochMs, compression: v2?.compression ?? null });
    const content = v2 ?? encodeMessageV1(fields, { args, kwargs, embed }, format);
    const headers = isV1 ? this.#headersV1(content, options) : this.#headers(fields, options);
    this.#checkSize(task, content, headers);
    const message = {
      exchange: target.exchange,
      routingKey: target.routingKey,
      headers,
      properties: this.#properties(call, parentage, { content, expiresEpochMs, nowEpochMs }),
      body: content.body,
      notBeforeEpochMs: etaEpochMs,
    };
    const isMandatory = options.mandatory ?? target.isMandatory;
    return isMandatory ? message : { ...message, mandatory: false };
  }

  /** A message with its parts, for receivers of signals. */
  draft(call: RoutedCall, message: OutgoingMessage, options: PublishOptions | null): Draft {
    const { task, args, kwargs } = call;
    return { task, message, args, kwargs, embed: this.#embed(call.options), format: this.#formatOf(call), options };
  }

  /** How the body of a call travels: the call, the task, the settings (CALL-14). */
  #formatOf({ options, definition }: RoutedCall): BodyFormat {
    const serializer = options.serializer ?? definition?.serializer ?? null;
    const compression = options.compression ?? definition?.compression ?? null;
    if (serializer === null && compression === null) return this.#format;
    return {
      serializer: serializer ?? this.#format.serializer,
      compression: compression ?? this.#format.compression,
    };
  }

  #fields(
    { task, args, kwargs, options, definition }: RoutedCall,
    { id, rootId, parentId }: Parentage,
    facts: {
      readonly etaEpochMs: number | null;
      readonly expiresEpochMs: number | null;
      readonly compression: string | null;
    },
  ): TaskHeaderFields {
    const repr = this.#reprs.of(args, kwargs, definition?.params ?? null);
    const fields = {
      task,
      id,
      etaEpochMs: facts.etaEpochMs,
      expiresEpochMs: facts.expiresEpochMs,
      compression: facts.compression,
      rootId: rootId ?? id,
      parentId,
      shadow: options.shadow ?? definition?.shadowName?.(args, kwargs, options) ?? null,
      timeLimitSeconds: limitOf(options.timeLimit, definition?.timeLimitSeconds),
      softTimeLimitSeconds: limitOf(options.softTimeLimit, definition?.softTimeLimitSeconds),
      argsrepr: options.argsrepr ?? repr.argsrepr,
      kwargsrepr: options.kwargsrepr ?? repr.kwargsrepr,
      origin: options.origin ?? origin,
      orderingKey: options.orderingKey ?? null,
      // A task that is known by name only has no say in it (MIS-14).
      ignoreResult: ignoresResult(options, definition, this.#settings.taskIgnoreResult),
    };
    return hasWorkflow(options) ? { ...fields, ...workflowFields(options) } : fields;
  }

  #embed(options: CallOptions): Embed {
    const { link, linkError, chain, chord } = options;
    if ((link ?? linkError ?? chain ?? chord ?? null) === null) return EMPTY_EMBED;
    const { canvasMaxDepth: maxDepth, canvasMaxGroupSize: maxSize } = this.#settings;
    for (const [option, list] of Object.entries({ link, linkError, chain })) {
      if (!Array.isArray(list) || list.length <= maxSize) continue;
      const [size, most] = [String(list.length), String(maxSize)];
      throw new EncodeError(`${option} has ${size} signatures, more than canvasMaxGroupSize (${most})`);
    }
    return {
      callbacks: linkData(link, maxDepth),
      errbacks: linkData(linkError, maxDepth),
      chain: chain ?? null,
      chord: chord ?? null,
    };
  }

  #headers(fields: TaskHeaderFields, options: CallOptions): HeaderBlock {
    if (options.headers === undefined && !this.#settings.taskSentTimestamp) return encodeTaskHeaders(fields);
    const given = Object.entries({ ...this.#sentHeader(), ...options.headers });
    const customHeaders = Object.fromEntries(given.filter(([name]) => !KNOWN_HEADERS.has(name)));
    const overriding = given.filter(([name]) => KNOWN_HEADERS.has(name));
    const block = encodeTaskHeaders({ ...fields, customHeaders });
    if (overriding.length === 0) return block;
    return HeaderBlock.fromTable(checkIdentity({ ...block.table, ...Object.fromEntries(overriding) }));
  }

  /** Protocol 1 has no headers of its own. */
  #headersV1({ compression }: EncodedBody, options: CallOptions): HeaderBlock {
    const own = compression === null ? {} : { compression };
    const { orderingKey: key = null } = options;
    const order = key === null ? {} : { [ORDERING_KEY_HEADER]: key };
    return HeaderBlock.fromTable({ ...this.#sentHeader(), ...options.headers, ...order, ...own });
  }

  #sentHeader(): HeaderTable {
    return this.#settings.taskSentTimestamp ? { [SENT_HEADER]: formatInstant(this.#clock.nowEpochMs()) } : {};
  }

  #properties(
    { options, definition, target }: RoutedCall,
    { id, priority: inherited }: Parentage,
    given: { readonly content: EncodedBody; readonly expiresEpochMs: number | null; readonly nowEpochMs: number },
  ): MessageProperties {
    const { content, expiresEpochMs, nowEpochMs } = given;
    const { expiration = null } = options;
    const lifeMs = expiresEpochMs === null ? null : expiresEpochMs - nowEpochMs;
    const expirationMs = expiration === null ? lifeMs : secondsOf('expiration', expiration) * 1_000;
    return {
      correlationId: id,
      replyTo: options.replyTo ?? '',
      contentType: content.contentType,
      contentEncoding: content.contentEncoding,
      deliveryMode:
        modeOf(options.deliveryMode) ??
        definition?.deliveryMode ??
        target.deliveryMode ??
        this.#settings.taskDefaultDeliveryMode,
      priority: checkPriority(
        options.priority ?? definition?.priority ?? inherited ?? this.#settings.taskDefaultPriority,
      ),
      expirationMs: expirationMs === null ? null : Math.max(0, Math.trunc(expirationMs)),
    };
  }

  #checkSize(task: string, { body }: EncodedBody, headers: HeaderBlock): void {
    const { messageMaxBytes, messageMaxHeaderBytes, messageMaxHeaders } = this.#settings;
    if (body.length > messageMaxBytes) {
      throw new EncodeError(
        `the message of "${task}" has ${String(body.length)} bytes, more than messageMaxBytes (${String(messageMaxBytes)})`,
      );
    }
    // A character takes three bytes at most: nearly no message needs to be measured.
    const { json } = headers;
    if (json.length * 3 > messageMaxHeaderBytes && Buffer.byteLength(json) > messageMaxHeaderBytes) {
      throw new EncodeError(`the headers of "${task}" exceed messageMaxHeaderBytes (${String(messageMaxHeaderBytes)})`);
    }
    // The shortest header, `"a":1,`, takes six.
    if (json.length > messageMaxHeaders * 6 && Object.keys(headers.table).length > messageMaxHeaders) {
      throw new EncodeError(`the message of "${task}" has more than messageMaxHeaders (${String(messageMaxHeaders)})`);
    }
  }
}

/** Whether a call stores nothing (CALL-18). */
export function ignoresResult(
  options: CallOptions,
  definition: { readonly ignoreResult: boolean | null } | null,
  byDefault: boolean,
): boolean {
  return options.ignoreResult ?? (definition === null ? false : (definition.ignoreResult ?? byDefault));
}

function checkCall({ task, args, kwargs, options }: RoutedCall): void {
  checkOptionNames(task, options);
  if (!Array.isArray(args)) throw new ConfigError('args must be a list (CALL-01)');
  if (typeof kwargs !== 'object') throw new ConfigError('kwargs must be an object (CALL-01)');
  checkOrderingKey(options.orderingKey ?? null);
  const { timeLimit = null, softTimeLimit = null } = options;
  if (timeLimit === null && softTimeLimit === null) return;
  // Only the call's own limits travel; those of the task are applied where it runs, so they can change there.
  checkLimit('timeLimit', timeLimit);
  checkLimit('softTimeLimit', softTimeLimit);
  if (timeLimit !== null && softTimeLimit !== null && softTimeLimit > timeLimit) {
    throw new ConfigError('softTimeLimit must not be above timeLimit (TASK-13)');
  }
}

/** CALL-10: null lifts a limit that the task has. On the wire null and 0 are no limits of the call, so this is a long one. */
function limitOf(given: number | null | undefined, own: number | null | undefined): number | null {
  if (given === undefined) return null;
  return given === null && (own ?? null) !== null ? NO_LIMIT_SECONDS : given;
}

/** The worker would refuse the message as unreadable. */
function checkLimit(option: string, seconds: number | null): void {
  if (seconds !== null && !(Number.isFinite(seconds) && seconds >= 0)) {
    throw new ConfigError(`${option} must be a number of seconds from 0, not ${String(seconds)}`);
  }
}

const MAX_ORDERING_KEY_CHARS = 255;

function checkOrderingKey(key: unknown): void {
  if (key === null || (typeof key === 'string' && key !== '' && key.length <= MAX_ORDERING_KEY_CHARS)) return;
  throw new ConfigError(`orderingKey must be a text of 1 to ${String(MAX_ORDERING_KEY_CHARS)} characters`);
}

function checkPriority(priority: number | null): number | null {
  if (priority !== null && !(Number.isInteger(priority) && priority >= 0 && priority <= 255)) {
    throw new ConfigError(`priority must be a whole number from 0 to 255, not ${String(priority)}`);
  }
  return priority;
}

function modeOf(mode: CallOptions['deliveryMode']): 1 | 2 | null {
  if (mode === undefined || mode === null) return null;
  if (mode === 1 || mode === 'transient') return 1;
  if (mode === 2 || mode === 'persistent') return 2;
  throw new ConfigError(`deliveryMode must be 1 (transient) or 2 (persistent), not ${String(mode)} (CALL-15)`);
}

function hasWorkflow({ groupId, groupIndex, retries, replacedTaskNesting, stampedHeaders }: CallOptions): boolean {
  return (groupId ?? groupIndex ?? retries ?? replacedTaskNesting ?? stampedHeaders ?? null) !== null;
}

function workflowFields(options: CallOptions): Partial<TaskHeaderFields> {
  const { groupId = null, groupIndex = null, retries = 0, replacedTaskNesting = 0 } = options;
  const { stampedHeaders = null, stamps = {} } = options;
  const named = stampedHeaders?.map((name): [string, HeaderTable[string]] => [name, stamps[name] ?? null]);
  return {
    groupId,
    groupIndex,
    retries,
    replacedTaskNesting,
    stampedHeaders,
    stamps: named === undefined ? null : Object.fromEntries(named),
  };
}

/** Without its name or id a message ends the Python worker that gets it (protocol.md rule 2). */
function checkIdentity(table: HeaderTable): HeaderTable {
  for (const name of ['task', 'id']) {
    if (typeof table[name] !== 'string' || table[name] === '') {
      throw new EncodeError(`header "${name}" must be a text: no worker can read the message without it`);
    }
  }
  return table;
}
