/** How a run of `ThreadPool.run()` ended: the program's own kind on its outcome record. */
export const RunKind = {
  /** The payload is the value. */
  VALUE: 0,
  /** The payload is an ErrorRecord. */
  ERROR: 1,
  /** Something that is no Error was thrown: the payload is that value. */
  THROWN_VALUE: 2,
} as const;
