/**
 * Shape of one row of the settings table: the single source of name, type, defaults, unit and meaning. Rows are written
 * with `setting` (always has a value), `optionalSetting` (may be null), `inheritedSetting` (null takes another setting's
 * value) and `choice` (one of some words).
 */

/** A function or class given as such, or the specifier of the module that exports it. */
export type Callable = string | ((...args: never[]) => unknown) | (new (...args: never[]) => unknown);

/** How often and how soon something is tried again (CALL-40). Waits in seconds, as Celery's. */
export interface RetryPolicy {
  /** null is without end. */
  readonly maxRetries: number | null;
  readonly intervalStart: number;
  readonly intervalStep: number;
  readonly intervalMax: number;
}

interface ValueOfKind {
  /** Not empty. */
  readonly string: string;
  /** May be empty. */
  readonly text: string;
  readonly boolean: boolean;
  readonly integer: number;
  readonly number: number;
  readonly strings: readonly string[];
  readonly urls: string;
  readonly mapping: Readonly<Record<string, unknown>>;
  readonly switchOrMapping: boolean | Readonly<Record<string, unknown>>;
  readonly retryPolicy: RetryPolicy;
  readonly rate: string | number;
  readonly deliveryMode: 1 | 2;
  readonly timeZone: string;
  readonly bytes: string | Uint8Array;
  readonly callable: Callable;
  readonly any: unknown;
}

/** How a value is checked; each kind has one case in `check-setting.ts`. `choice` is the kind of a row with words. */
export type SettingKind = keyof ValueOfKind;

/** Kinds of which a user may write more than what is kept. */
interface InputOfKind extends Omit<ValueOfKind, 'urls' | 'deliveryMode' | 'retryPolicy'> {
  /** A list becomes one string with `;` between its items, as Celery writes alternatives (BRK-22). */
  readonly urls: string | readonly string[];
  readonly deliveryMode: 1 | 2 | 'transient' | 'persistent';
  /** What is left out is as in the default; the names may be Celery's (`max_retries`). */
  readonly retryPolicy: Partial<RetryPolicy> | Readonly<Record<string, unknown>>;
}

/**
 * What a setting does today: `works`; `planned`, no effect before a later release, which a worker says when one is
 * given; `accepted`, read for Celery's sake and without meaning on Node.
 */
export type SettingStatus = 'works' | 'planned' | 'accepted';

interface RowFacts {
  /** Unit of a quantity: Celery's settings count seconds, ours carry the unit in their name. */
  readonly unit: string | null;
  /** Smallest value of a quantity. */
  readonly min: number | null;
  /** Name of the setting whose value a null takes. */
  readonly fallback: string | null;
  readonly status: SettingStatus;
  readonly meaning: string;
}

export interface SettingRow<K extends SettingKind, N extends boolean> extends RowFacts {
  readonly kind: K;
  /** Whether null ("none") is a value. */
  readonly nullable: N;
  /** Default under `reliability: 'safe'` and `'compat'`; they differ only where Celery's default loses work. */
  readonly safe: ValueOfKind[K] | null;
  readonly compat: ValueOfKind[K] | null;
}

export interface ChoiceRow<W extends string> extends RowFacts {
  readonly kind: 'choice';
  readonly nullable: false;
  readonly words: readonly W[];
  readonly safe: W;
  readonly compat: W;
}

/** Any row, as generic code sees it. */
export type AnyRow = SettingRow<SettingKind, boolean> | ChoiceRow<string>;

/** The type that a row's setting has in `Settings`. */
export type SettingValue<R> =
  R extends ChoiceRow<infer W>
    ? W
    : R extends SettingRow<infer K, infer N>
      ? ValueOfKind[K] | (N extends true ? null : never)
      : never;

/** The type that a user may write for it. */
export type SettingInput<R> =
  R extends ChoiceRow<infer W>
    ? W
    : R extends SettingRow<infer K, infer N>
      ? InputOfKind[K] | (N extends true ? null : R extends { readonly fallback: string } ? null : never)
      : never;

interface RowText<V> {
  /** Default of both profiles. */
  readonly default: V;
  /** Celery's own default, where `default` is ours. */
  readonly compat?: V;
  readonly unit?: string;
  readonly min?: number;
  /** @defaultValue 'works' */
  readonly status?: SettingStatus;
  readonly meaning: string;
}

type InheritedText<V> = Omit<RowText<V>, 'default' | 'compat'> & { readonly fallback: string };

/** A setting that always has a value. */
export function setting<K extends SettingKind>(kind: K, text: RowText<ValueOfKind[K]>): SettingRow<K, false> {
  return { kind, nullable: false, ...fill(text), fallback: null };
}

/** A setting that may be null. */
export function optionalSetting<K extends SettingKind>(
  kind: K,
  text: RowText<ValueOfKind[K] | null>,
): SettingRow<K, true> {
  return { kind, nullable: true, ...fill(text), fallback: null };
}

/** A setting that has another one's value unless it is given; null, too, means "as that one". */
export function inheritedSetting<K extends SettingKind>(
  kind: K,
  text: InheritedText<ValueOfKind[K]>,
): SettingRow<K, false> & { readonly fallback: string } {
  return { kind, nullable: false, ...fill({ ...text, default: null }), fallback: text.fallback };
}

/** A setting that is one of `words`, in any case of letters. */
export function choice<const W extends string>(words: readonly W[], text: RowText<W>): ChoiceRow<W> {
  return { kind: 'choice', nullable: false, words, ...fill(text), fallback: null };
}

type Filled<V> = Omit<RowFacts, 'fallback'> & { readonly safe: V; readonly compat: V };

function fill<V>(text: RowText<V>): Filled<V> {
  return {
    safe: text.default,
    compat: text.compat === undefined ? text.default : text.compat,
    unit: text.unit ?? null,
    min: text.min ?? null,
    status: text.status ?? 'works',
    meaning: text.meaning,
  };
}
