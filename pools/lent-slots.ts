/**
 * How much may be lent by runs that wait for other jobs of their pool (BUG-26). Such a run takes no slot of its member until
 * its answer comes, so that a pool of which every run waits goes on; both numbers bound the memory of runs that pile up
 * behind each other. Used by every kind of pool, on both sides.
 */

/** Most slots of one member that count as lent. */
export const MAX_LENT = 1_000;
/** Most members beyond the size: they take nothing more, have given up their places, and only wait. */
export const MAX_AWAY = 100;
