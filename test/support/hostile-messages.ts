/**
 * Messages that a stranger could send (reliability §3.4), as one table that every transport runs: each header and property
 * × each wrong value × each body, and some that are bad in a way of their own. Headers are given as JSON text, since much
 * of what is hostile is no value of JavaScript.
 */
import { gzipSync } from 'node:zlib';
import { HeaderBlock } from '../../core/kernel/header-block.js';
import type { MessageProperties, OutgoingMessage } from '../../core/ports/transport.js';
import { jsonProperties } from './task-delivery.js';

export interface HostileMessage {
  readonly title: string;
  readonly message: OutgoingMessage;
}

/** Name of the task that they call; its worker has it (test/support/members/hostile-tasks.ts). */
export const HOSTILE_TASK = 'hostile.run';
/** Application header with the message's number: it survives in a run and in a dead letter. */
export const HOSTILE_HEADER = 'x-hostile';

/** Each header that has a meaning, and what a good message says in it. */
const HEADERS: Readonly<Record<string, string>> = {
  lang: '"py"',
  task: JSON.stringify(HOSTILE_TASK),
  id: '',
  shadow: 'null',
  eta: 'null',
  expires: 'null',
  group: 'null',
  group_index: 'null',
  retries: '0',
  timelimit: '[null,null]',
  root_id: '"root"',
  parent_id: 'null',
  argsrepr: '"()"',
  kwargsrepr: '"{}"',
  origin: '"gen1@here"',
  ignore_result: 'false',
  replaced_task_nesting: '0',
  stamped_headers: 'null',
  stamps: '{}',
  compression: 'null',
};

/** M2, M5, M8, M10, M11: JSON text that takes a header's place. */
const WRONG: Readonly<Record<string, string>> = {
  null: 'null',
  true: 'true',
  'minus one': '-1',
  'minus a billion': '-1000000000',
  'beyond 2^53': '9007199254740993',
  infinite: '1e309',
  'a fraction': '0.5',
  empty: '""',
  '70 KiB of text': JSON.stringify('x'.repeat(70 * 1024)),
  'a long name': JSON.stringify('n'.repeat(300)),
  'control characters': '"a\\u0000\\n\\u001b[31mb"',
  'a lone surrogate': '"\\ud800"',
  'a path': '"../../etc/passwd"',
  'a list': '[1,"2",null]',
  'a pair of texts': '["1","2"]',
  'an object': '{"a":{"b":[]}}',
  'a prototype': '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"then":1}',
  'an instant long ago': '"0000-01-01T00:00:00"',
  'an instant far ahead': '"9999-12-31T23:59:59Z"',
  'no instant': '"2026-13-45T99:00:00"',
  'Object.prototype by name': '"__proto__"',
};

interface HostileBody {
  readonly bytes: Uint8Array;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  /** Header `compression`, as JSON. */
  readonly compression?: string;
}

const text = (json: string, parts: Omit<HostileBody, 'bytes'> = {}): HostileBody => ({
  bytes: Buffer.from(json),
  ...parts,
});
const GOOD = '[[1],{},{"callbacks":null,"errbacks":null,"chain":null,"chord":null}]';

/** M1, M3 to M7, M9, M12: bodies that meet every header. */
const BODIES: Readonly<Record<string, HostileBody>> = {
  good: text(GOOD),
  'random bytes': { bytes: Uint8Array.from({ length: 200 }, (_, i) => (i * 167 + 13) & 255) },
  truncated: text(GOOD.slice(0, -9)),
  empty: text(''),
  'not a list of three': text('[[1],{}]'),
  'a number': text('42'),
  'arguments that are no list': text('[{"0":1},{},null]'),
  'keyword arguments that are no mapping': text('[[],[],null]'),
  'prototype keys': text('[[{"__proto__":{"polluted":1}}],{"constructor":1,"__proto__":2,"then":3},null]'),
  'an unknown type': text('[[{"__type__":"os.system","__value__":"ls"}],{},null]'),
  'a wrong value of a known type': text('[[{"__type__":"datetime","__value__":{"a":1}}],{},null]'),
  pickle: text("cos\nsystem\n(S'ls'\ntR.", {
    contentType: 'application/x-python-serialize',
    contentEncoding: 'binary',
  }),
};

/** Each once: bad in itself, too large to be multiplied, or in the properties. */
function singles(): readonly (readonly [
  title: string,
  headers: string | null,
  body: HostileBody,
  properties: object,
])[] {
  const zeros = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  const body = text(GOOD);
  return [
    ['headers that are no JSON', '{"task":', body, {}],
    ['headers that are a list', '[]', body, {}],
    ['headers without a task', '{"id":"x"}', body, {}],
    ['300 headers', `{${Array.from({ length: 300 }, (_, i) => `"h${String(i)}":1`).join(',')}}`, body, {}],
    ['ten thousand levels', null, text(`[[${'['.repeat(10_000)}${']'.repeat(10_000)}],{},null]`), {}],
    ['two million values', null, text(`[[${'0,'.repeat(2_000_000)}0],{},null]`), {}],
    ['a number of 100,000 digits', null, text(`[[${'9'.repeat(100_000)}],{},null]`), {}],
    ['a text of 9 MiB', null, text(`[["${'x'.repeat(9 * 1024 * 1024)}"],{},null]`), {}],
    ['17 MiB', null, { bytes: Buffer.alloc(17 * 1024 * 1024, 32) }, {}],
    ['a bomb', null, { bytes: zeros, compression: '"application/x-gzip"' }, {}],
    ['a bomb in a bomb', null, { bytes: gzipSync(zeros), compression: '"application/x-gzip"' }, {}],
    ['gzip that is none', null, text(GOOD, { compression: '"application/x-gzip"' }), {}],
    [
      'gzip with something behind',
      null,
      { bytes: Buffer.concat([gzipSync(Buffer.from(GOOD)), Buffer.from('more')]), compression: '"application/x-gzip"' },
      {},
    ],
    ['an unknown compression', null, text(GOOD, { compression: '"application/x-secret"' }), {}],
    ['UTF-16 by its own account', null, text(GOOD, { contentEncoding: 'utf-16' }), {}],
    ['an unknown encoding', null, text(GOOD, { contentEncoding: 'klingon' }), {}],
    ['yaml', null, text('- [1]\n- {}\n- null', { contentType: 'application/x-yaml' }), {}],
    ['msgpack that is none', null, text(GOOD, { contentType: 'application/x-msgpack', contentEncoding: 'binary' }), {}],
    [
      'invalid UTF-8',
      null,
      { bytes: Buffer.concat([Buffer.from('[["'), Buffer.from([0xff, 0xc0, 0x80]), Buffer.from('"],{},null]')]) },
      {},
    ],
    ['a byte order mark', null, text(`\ufeff${GOOD}`), {}],
    ['NaN and Infinity', null, text('[[NaN,Infinity,-Infinity],{},null]'), {}],
    ['duplicate keys', null, text('[[],{"a":1,"a":2},null]'), {}],
    ['20,000 callbacks', null, text(`[[],{},{"callbacks":[${'{},'.repeat(19_999)}{}]}]`), {}],
    ['an embed of request fields', null, text('[[1],{},{"hostname":"x","delivery_info":{"a":1},"reply_to":"y"}]'), {}],
    ['protocol 1', '{}', text(`{"task":"${HOSTILE_TASK}","id":"v1","args":[1],"kwargs":{}}`), {}],
    ['protocol 1 without arguments', '{}', text(`{"task":"${HOSTILE_TASK}","id":"v1"}`), {}],
    ['protocol 1 of an unknown task', '{}', text('{"task":"os.system","id":"v1","args":["ls"],"kwargs":{}}'), {}],
    ['a priority of 999', null, body, { priority: 999 }],
    ['a priority of -1', null, body, { priority: -1 }],
    ['an empty content type', null, body, { contentType: '' }],
    ['a content type with a parameter', null, body, { contentType: 'application/json; charset=latin1' }],
    ['a reply queue of control characters', null, body, { replyTo: '\u0000\n' }],
  ];
}

/** All of them; `queue` is where they go. */
export function hostileMessages(queue: string): readonly HostileMessage[] {
  const messages: HostileMessage[] = [];
  const add = (title: string, headers: string | null, body: HostileBody, properties: object = {}): void => {
    const number = messages.length;
    const headersJson =
      headers ?? headersText(number, body.compression === undefined ? {} : { compression: body.compression });
    messages.push({ title, message: outgoing(queue, numbered(headersJson, number), body, properties) });
  };
  for (const [header, [wrong, value], [bodyTitle, body]] of products()) {
    add(`${header} is ${wrong}, body ${bodyTitle}`, headersText(messages.length, { [header]: value }), body);
  }
  for (const [bodyTitle, body] of Object.entries(BODIES)) add(`body ${bodyTitle}`, null, body);
  for (const single of singles()) add(...single);
  return messages;
}

function products(): readonly (readonly [string, readonly [string, string], readonly [string, HostileBody]])[] {
  const values = Object.entries(WRONG);
  const bodies = Object.entries(BODIES);
  return Object.keys(HEADERS).flatMap((header) =>
    values.flatMap((value) => bodies.map((body) => [header, value, body] as const)),
  );
}

/** A good table of headers but for what is replaced. */
function headersText(number: number, replaced: Readonly<Record<string, string>>): string {
  const all = { ...HEADERS, id: `"hostile-${String(number)}"`, ...replaced };
  return `{${Object.entries(all)
    .map(([name, value]) => `"${name}":${value}`)
    .join(',')}}`;
}

/** With the message's number as a header, where the text is an object. */
function numbered(headersJson: string, number: number): string {
  if (!headersJson.startsWith('{') || !headersJson.endsWith('}')) return headersJson;
  const comma = headersJson === '{}' ? '' : ',';
  return `${headersJson.slice(0, -1)}${comma}"${HOSTILE_HEADER}":${String(number)}}`;
}

function outgoing(queue: string, headersJson: string, body: HostileBody, properties: object): OutgoingMessage {
  const { contentType = 'application/json', contentEncoding = 'utf-8' } = body;
  const all: MessageProperties = { ...jsonProperties, contentType, contentEncoding, ...properties };
  const headers = HeaderBlock.fromJson(headersJson);
  return { exchange: '', routingKey: queue, headers, properties: all, body: body.bytes, notBeforeEpochMs: null };
}
