/** How large the workers of a chaos run are: what the faults may repeat follows from it. */

/** Members of a worker. */
export const CONCURRENCY = 2;
/** Deliveries that a worker holds. */
export const PREFETCH = 16;
