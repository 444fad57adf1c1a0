/**
 * `argsrepr` and `kwargsrepr` of a message: what people and monitors see of the arguments, cut at `taskReprMaxChars`, the
 * values of `taskSensitiveArgs` hidden. The arguments themselves travel untouched.
 */
import { argsRepr, kwargsRepr } from '../protocol/python-repr.js';

/** Stands for a value that is not shown. */
const HIDDEN = '********';

export interface CallReprOptions {
  /** Names of parameters; `*` stands for any letters. */
  readonly sensitiveNames: readonly string[];
  readonly maxChars: number;
}

export interface CallRepr {
  readonly argsrepr: string;
  readonly kwargsrepr: string;
}

export class CallReprs {
  readonly #sensitive: RegExp | null;
  readonly #maxChars: number;

  constructor({ sensitiveNames, maxChars }: CallReprOptions) {
    this.#maxChars = maxChars;
    this.#sensitive =
      sensitiveNames.length === 0 ? null : new RegExp(`^(?:${sensitiveNames.map(asPattern).join('|')})$`, 'i');
  }

  /** @param params names of the positional arguments, where the task has declared them */
  of(args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>, params: readonly string[] | null): CallRepr {
    const sensitive = this.#sensitive;
    if (sensitive === null)
      return { argsrepr: argsRepr(args, this.#maxChars), kwargsrepr: kwargsRepr(kwargs, this.#maxChars) };
    const shownArgs = args.map((value, index) => {
      const name = params?.[index];
      return name !== undefined && sensitive.test(name) ? HIDDEN : value;
    });
    const shown = Object.entries(kwargs).map(([name, value]) => [name, sensitive.test(name) ? HIDDEN : value]);
    return {
      argsrepr: argsRepr(shownArgs, this.#maxChars),
      kwargsrepr: kwargsRepr(Object.fromEntries(shown) as Readonly<Record<string, unknown>>, this.#maxChars),
    };
  }
}

function asPattern(name: string): string {
  return name.replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('*', '.*');
}
