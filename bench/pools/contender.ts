/**
 * A pool in one of its settings, as the cases see it: all of them run a function of a module on a value. One file a
 * library makes its contenders; contenders.ts lists them.
 */

export interface PoolShape {
  /** Module whose default export is run. */
  readonly task: URL;
  readonly minThreads: number;
  readonly maxThreads: number;
  /** A thread ends after so many calls; null never. Only with the ability `recycling`. */
  readonly maxCallsPerThread?: number;
}

export interface RunningPool {
  /** Resolves when the first threads stand; at once where the library does not tell. */
  readonly ready: Promise<void>;
  run(value: unknown): Promise<unknown>;
  /** Only with the ability `aborting`. */
  runAbortable(value: unknown, signal: AbortSignal): Promise<unknown>;
  close(): Promise<void>;
}

/** Makes pools; the library is loaded. Synchronous, so that a case can time it. */
export type PoolMaker = (shape: PoolShape) => RunningPool;

export type Ability = 'aborting' | 'recycling';

export interface Contender {
  /** As in the table's head. */
  readonly id: string;
  /** Name, version and setting, for the report. */
  readonly label: string;
  readonly abilities: readonly Ability[];
  /** Also in quick mode, where the settings that never win are left out. */
  readonly isInQuick: boolean;
  /** @throws ConfigError when the library is not installed. */
  load(log: (line: string) => void): Promise<PoolMaker>;
}
