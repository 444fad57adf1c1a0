/**
 * Headers of a message in the form in which they came, text or table, converted once on demand. A store that keeps JSON
 * text (SQLite, Redis, Kafka) hands its bytes on without building the table, one that keeps fields (AMQP) without
 * writing the text; the host forwards the text to a member untouched.
 */
import { ProtocolError } from './errors.js';

/** A header value: JSON data. */
export type HeaderValue = string | number | bigint | boolean | null | readonly HeaderValue[] | HeaderTable;
export interface HeaderTable {
  readonly [name: string]: HeaderValue | undefined;
}

export class HeaderBlock {
  #table: HeaderTable | null;
  #json: string | null;

  private constructor(table: HeaderTable | null, json: string | null) {
    this.#table = table;
    this.#json = json;
  }

  static fromTable(table: HeaderTable): HeaderBlock {
    return new HeaderBlock(table, null);
  }

  /** `json` is the text of a JSON object; it is not checked before `table` is read. */
  static fromJson(json: string): HeaderBlock {
    return new HeaderBlock(null, json);
  }

  /** @throws ProtocolError when the text is not a JSON object. */
  get table(): HeaderTable {
    if (this.#table === null) {
      let value: unknown;
      try {
        value = JSON.parse(this.#json ?? '');
      } catch (error) {
        throw new ProtocolError('message headers are not JSON', { cause: error });
      }
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw new ProtocolError('message headers are not a JSON object');
      }
      this.#table = value as HeaderTable;
    }
    return this.#table;
  }

  /** As `table`, but text that was not read yet is given to `parse` first; its null leaves it to JSON.parse. */
  readWith(parse: (json: string) => HeaderTable | null): HeaderTable {
    this.#table ??= this.#json === null ? null : parse(this.#json);
    return this.table;
  }

  /** JSON text of the headers. A bigint is written with all its digits. */
  get json(): string {
    this.#json ??= stringify(this.#table ?? {});
    return this.#json;
  }
}

function stringify(table: HeaderTable): string {
  try {
    return JSON.stringify(table);
  } catch {
    return write(table);
  }
}

/** JSON.stringify refuses bigint; this slow path writes it as a bare integer. */
function write(value: HeaderValue | undefined): string {
  if (value === undefined) return 'null';
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item: HeaderValue) => write(item)).join(',')}]`;
  const fields = Object.entries(value as HeaderTable).filter(([, field]) => field !== undefined);
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${write(field)}`).join(',')}}`;
}
