/**
 * A call that is not made yet: task, arguments and options, as data that a message can carry (protocol.md §2.1). Built by
 * clients and tasks, read in the member when a task has ended. It builds no message and sends none: whoever makes it
 * gives it a way to be sent.
 */
import { ConfigError, ProtocolError } from '../kernel/errors.js';
import type { SignatureData } from '../protocol/body.js';
import { optionsFromWire, optionsToWire, type Options } from './option-names.js';

type Args = readonly unknown[];
type Kwargs = Readonly<Record<string, unknown>>;

/** Sends a call; `Sent` is what the sender gives back, in an app the result. */
export type SendSignature<Sent> = (
  task: string,
  call: Options & { readonly args: Args; readonly kwargs: Kwargs },
) => Promise<Sent>;

export interface SignatureParts {
  /** @defaultValue [] */
  readonly args?: Args;
  /** @defaultValue {} */
  readonly kwargs?: Kwargs;
  /** Options of the call, as `applyAsync` takes them. @defaultValue {} */
  readonly options?: Options;
  /** Take no result of the task before it. @defaultValue false */
  readonly immutable?: boolean;
  /** @internal Kind of a canvas, null for a single task. */
  readonly subtaskType?: string | null;
}

/** Options that stay as a signature has them whatever it is called with (protocol.md §2.1). */
const KEPT_OPTIONS: ReadonlySet<string> = new Set(['groupId', 'stampedHeaders']);

export class Signature<Sent = unknown> {
  readonly task: string;
  readonly args: Args;
  readonly kwargs: Kwargs;
  readonly options: Options;
  readonly isImmutable: boolean;
  readonly subtaskType: string | null;
  readonly #send: SendSignature<Sent> | null;

  /** @throws ConfigError for a signature without a task. */
  constructor(task: string, parts: SignatureParts = {}, send: SendSignature<Sent> | null = null) {
    if (typeof task !== 'string' || task === '') throw new ConfigError('a signature needs the name of a task');
    this.task = task;
    this.args = parts.args ?? [];
    this.kwargs = parts.kwargs ?? {};
    this.options = parts.options ?? {};
    this.isImmutable = parts.immutable ?? false;
    this.subtaskType = parts.subtaskType ?? null;
    this.#send = send;
  }

  /** @throws ProtocolError for data that is not a signature. */
  static fromData<Sent>(data: SignatureData, send: SendSignature<Sent> | null = null): Signature<Sent> {
    const { task, args = [], kwargs = {}, options = {}, immutable = false, subtask_type: subtaskType = null } = data;
    if (typeof task !== 'string' || task === '') throw new ProtocolError('a signature has no task');
    if (!Array.isArray(args) || !isTable(kwargs) || !isTable(options)) {
      throw new ProtocolError(`signature of "${task}": args must be a list, kwargs and options mappings`);
    }
    return new Signature<Sent>(
      task,
      {
        args: args as Args,
        kwargs,
        options: optionsFromWire(options),
        immutable: immutable === true,
        subtaskType: typeof subtaskType === 'string' ? subtaskType : null,
      },
      send,
    );
  }

  /**
   * The signature as it is called with these: arguments stand before its own, keywords and options replace its own of
   * the same name; of an immutable one only the options change (MIS-23).
   */
  merged({ args = [], kwargs = {}, options = {} }: SignatureParts): Signature<Sent> {
    const kept = Object.entries(this.options).filter(([name]) => this.#keeps(name));
    return this.#with({
      ...(this.isImmutable ? {} : { args: [...args, ...this.args], kwargs: { ...this.kwargs, ...kwargs } }),
      options: { ...this.options, ...options, ...Object.fromEntries(kept) },
    });
  }

  /** The same with these options. */
  set(options: Options): Signature<Sent> {
    return this.#with({ options: { ...this.options, ...options } });
  }

  /** The same with one more callback: it gets what the task returns before its own arguments (CALL-44). */
  link(callback: Signature): Signature<Sent> {
    return this.set({ link: [...signaturesOf(this.options['link']), callback] });
  }

  /** The same with one more errback: it gets the id of the task that has failed. */
  linkError(errback: Signature): Signature<Sent> {
    return this.set({ linkError: [...signaturesOf(this.options['linkError']), errback] });
  }

  /** Sends it with further arguments before its own. @throws ConfigError when it belongs to no app. */
  delay(...args: Args): Promise<Sent> {
    return this.applyAsync({ args });
  }

  /** Sends it; the given parts are merged as `merged` says. @throws ConfigError when it belongs to no app. */
  applyAsync({ args = [], kwargs = {}, ...options }: Options & SignatureParts = {}): Promise<Sent> {
    if (this.#send === null) {
      return Promise.reject(new ConfigError(`the signature of "${this.task}" belongs to no app: use app.signature()`));
    }
    const call = this.merged({ args, kwargs, options });
    return this.#send(call.task, { ...call.options, args: call.args, kwargs: call.kwargs });
  }

  /** The data that travels, in Celery's order and names. */
  toJSON(): SignatureData {
    const wire = optionsToWire(this.options);
    const links = ['link', 'link_error'].filter((name) => Object.hasOwn(wire, name));
    const embedded = links.map((name): [string, unknown] => [name, signaturesOf(wire[name]).map(dataOf)]);
    return {
      task: this.task,
      args: this.args,
      kwargs: this.kwargs,
      options: { ...wire, ...Object.fromEntries(embedded) },
      subtask_type: this.subtaskType,
      immutable: this.isImmutable,
    };
  }

  #keeps(name: string): boolean {
    const stamps = this.options['stampedHeaders'];
    return KEPT_OPTIONS.has(name) || (Array.isArray(stamps) && stamps.includes(name));
  }

  #with(parts: SignatureParts): Signature<Sent> {
    const { task, args, kwargs, options, isImmutable, subtaskType } = this;
    return new Signature(task, { args, kwargs, options, immutable: isImmutable, subtaskType, ...parts }, this.#send);
  }
}

/** What `link` and `linkError` take: one or several signatures, or their data. */
export type Links = Signature | SignatureData | readonly (Signature | SignatureData)[];

/** A list of links as signatures. @throws ProtocolError */
function signaturesOf(links: unknown): readonly Signature[] {
  if (links === null || links === undefined) return [];
  const list = Array.isArray(links) ? (links as readonly unknown[]) : [links];
  return list.map((item) => {
    if (item instanceof Signature) return item as Signature;
    if (isTable(item)) return Signature.fromData(item);
    throw new ProtocolError('a link must be a signature: task.signature(), or its data');
  });
}

/** Links as they travel; null for none, as Python writes it. @throws ConfigError beyond `maxDepth` links in links. */
export function linkData(links: unknown, maxDepth: number): readonly SignatureData[] | null {
  const signatures = signaturesOf(links);
  if (signatures.length === 0) return null;
  for (const signature of signatures) checkDepth(signature, maxDepth);
  return signatures.map(dataOf);
}

function dataOf(signature: Signature): SignatureData {
  return signature.toJSON();
}

function checkDepth({ task, options }: Signature, levelsLeft: number): void {
  if (levelsLeft <= 0) throw new ConfigError(`the links of "${task}" are nested deeper than canvasMaxDepth allows`);
  for (const name of ['link', 'linkError']) {
    for (const inner of signaturesOf(options[name])) checkDepth(inner, levelsLeft - 1);
  }
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
