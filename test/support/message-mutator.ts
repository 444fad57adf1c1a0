/**
 * Makes one bad message out of a good one, by a seed: bytes of the body or of the headers' text flipped, cut, doubled; values
 * of headers and of the body replaced by others; properties exchanged. Nothing is too silly, and all of it is repeatable.
 */
import { HeaderBlock } from '../../core/kernel/header-block.js';
import { createSeededRandom, type Random } from '../../core/kernel/random.js';
import type { OutgoingMessage } from '../../core/ports/transport.js';

/** Values as JSON text, to be put where another one stood. */
const VALUES = [
  'null',
  'true',
  '-1',
  '0',
  '1e400',
  '9007199254740993',
  '""',
  '"x"',
  '[]',
  '[[]]',
  '{}',
  '{"__proto__":1}',
];
const CONTENT_TYPES = [
  'application/json',
  'application/x-yaml',
  'application/x-msgpack',
  'application/data',
  'text/plain',
  '',
];
const ENCODINGS = ['utf-8', 'binary', 'utf-16', 'us-ascii', ''];
/** Bytes of JSON, of Python literals, of compressed formats. */
const BYTES = Buffer.from('{}[]":,\\0123456789eE+-.ntfuaNIr \u0000\u0001\u001f\u007f', 'latin1');

export class MessageMutator {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = createSeededRandom(seed);
  }

  /** One to four mutations. */
  mutate(good: OutgoingMessage): OutgoingMessage {
    let message = good;
    for (let left = 1 + this.#below(4); left > 0; left--) message = this.#once(message);
    return message;
  }

  #once(message: OutgoingMessage): OutgoingMessage {
    switch (this.#below(6)) {
      case 0:
        return { ...message, body: this.#scramble(message.body) };
      case 1:
        return { ...message, body: Buffer.from(this.#exchangeValue(Buffer.from(message.body).toString())) };
      case 2:
        return { ...message, headers: HeaderBlock.fromJson(this.#exchangeValue(message.headers.json)) };
      case 3:
        return { ...message, headers: HeaderBlock.fromJson(this.#scrambleText(message.headers.json)) };
      case 4:
        return { ...message, headers: HeaderBlock.fromJson(this.#dropMember(message.headers.json)) };
      default:
        return { ...message, properties: { ...message.properties, ...this.#properties() } };
    }
  }

  #properties(): Partial<OutgoingMessage['properties']> {
    const choices = [
      { contentType: this.#pick(CONTENT_TYPES) },
      { contentEncoding: this.#pick(ENCODINGS) },
      { priority: this.#below(300) - 20 },
      { replyTo: this.#pick(['', 'nowhere', '\u0000']) },
      { correlationId: this.#pick(['', 'x'.repeat(1_000), '\ud800']) },
    ];
    return this.#pick(choices);
  }

  /** A byte flipped, a run cut out, doubled or filled with bytes that mean something somewhere. */
  #scramble(bytes: Uint8Array): Uint8Array {
    const at = this.#below(bytes.length + 1);
    const end = Math.min(bytes.length, at + 1 + this.#below(8));
    const run = bytes.subarray(at, end);
    const noise = Buffer.from(Array.from(run, () => BYTES[this.#below(BYTES.length)] ?? 0));
    const fillings = [
      noise,
      Buffer.alloc(0),
      Buffer.concat([run, run]),
      Buffer.from(run.map((byte) => byte ^ (1 << this.#below(8)))),
    ];
    return Buffer.concat([bytes.subarray(0, at), this.#pick(fillings), bytes.subarray(end)]);
  }

  #scrambleText(json: string): string {
    return Buffer.from(this.#scramble(Buffer.from(json))).toString('latin1');
  }

  /** One value of the text, wherever it stands, becomes another. */
  #exchangeValue(json: string): string {
    const values = [...json.matchAll(/(?<=[:[,])(?:"(?:[^"\\]|\\.)*"|[\w.+-]+|\[\]|\{\})(?=[,\]}])/g)];
    const chosen = values[this.#below(Math.max(1, values.length))];
    if (chosen === undefined) return json;
    return json.slice(0, chosen.index) + this.#pick(VALUES) + json.slice(chosen.index + chosen[0].length);
  }

  #dropMember(json: string): string {
    const members = [...json.matchAll(/"[\w-]+":(?:"(?:[^"\\]|\\.)*"|[\w.+-]+|\[[^[\]]*\]|\{\}),/g)];
    const chosen = members[this.#below(Math.max(1, members.length))];
    return chosen === undefined ? json : json.slice(0, chosen.index) + json.slice(chosen.index + chosen[0].length);
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)] as T;
  }

  #below(limit: number): number {
    return Math.floor(this.#random.float() * limit);
  }
}
