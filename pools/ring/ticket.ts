/**
 * A ticket ties the records of a job to the host's entry for it on one lane. Its lower bits are the index of that entry,
 * so whoever has a ticket finds what belongs to it in O(1): the entry itself, and its *slot* in the status block.
 *
 *     bit 31: 0 │ generation (17 bits, from 1) │ index (14 bits)
 *
 * The generation counts the uses of the entry: a ticket of an earlier use finds nothing. It comes again after 131,071
 * jobs of one entry, so nothing may keep a ticket longer than its job.
 */

const INDEX_BITS = 14;
/** Entries that a lane can have: 10,000 asynchronous runs and what waits behind them. */
export const SLOT_COUNT = 2 ** INDEX_BITS;
export const MAX_GENERATION = 2 ** (31 - INDEX_BITS) - 1;

export function makeTicket(generation: number, slot: number): number {
  return (generation << INDEX_BITS) | slot;
}

/** Index of the entry, and of the slot in the status block. */
export function slotOfTicket(ticket: number): number {
  return ticket & (SLOT_COUNT - 1);
}
