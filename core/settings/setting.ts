/** Shape of one row of the settings table: the single source of name, type, defaults, unit and meaning. */

/** How a value is checked; each kind has one case in `resolve.ts`. */
export type SettingKind = 'string' | 'boolean' | 'integer' | 'number' | 'strings' | 'reliability';

interface ValueOfKind {
  readonly string: string;
  readonly boolean: boolean;
  readonly integer: number;
  readonly number: number;
  readonly strings: readonly string[];
  readonly reliability: 'safe' | 'compat';
}

export interface SettingRow<K extends SettingKind, N extends boolean> {
  readonly kind: K;
  /** Whether null ("none") is a value. */
  readonly nullable: N;
  /** Default under `reliability: 'safe'` and `'compat'`; they differ only where Celery's default loses work. */
  readonly safe: ValueOfKind[K] | (N extends true ? null : never);
  readonly compat: ValueOfKind[K] | (N extends true ? null : never);
  /** Unit of a quantity: Celery's settings count seconds, ours carry the unit in their name. */
  readonly unit: string | null;
  /** Smallest value of a quantity. */
  readonly min: number | null;
  readonly meaning: string;
}

/** The type that a row's setting has in `Settings`. */
export type SettingValue<R> =
  R extends SettingRow<infer K, infer N> ? ValueOfKind[K] | (N extends true ? null : never) : never;

interface RowText<V> {
  /** Default of both profiles. */
  readonly default: V;
  /** Celery's own default, where `default` is ours. */
  readonly compat?: V;
  readonly unit?: string;
  readonly min?: number;
  readonly meaning: string;
}

/** A setting that always has a value. */
export function setting<K extends SettingKind>(kind: K, text: RowText<ValueOfKind[K]>): SettingRow<K, false> {
  return { kind, nullable: false, ...fill(text) };
}

/** A setting that may be null. */
export function optionalSetting<K extends SettingKind>(
  kind: K,
  text: RowText<ValueOfKind[K] | null>,
): SettingRow<K, true> {
  return { kind, nullable: true, ...fill(text) };
}

function fill<V>(text: RowText<V>): { safe: V; compat: V; unit: string | null; min: number | null; meaning: string } {
  return {
    safe: text.default,
    compat: text.compat === undefined ? text.default : text.compat,
    unit: text.unit ?? null,
    min: text.min ?? null,
    meaning: text.meaning,
  };
}
