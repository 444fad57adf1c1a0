/**
 * One operation, timed alone by the npm package `benchmark` (bench/compare). A room's file in bench/micro/<room>/ makes
 * some; the case `micro` runs them all.
 */

export interface MicroCase {
  readonly name: string;
  /** Does it once, and leaves things so that it can be done again. */
  run(): void;
  /** After the last run. @throws InvariantError when the runs did not do what they should. */
  check(): void;
}
