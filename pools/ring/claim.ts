/**
 * Who gets a task record: the member that claims it or the host that takes it back. Both try to move the same word from
 * QUEUED, so exactly one wins. Stateless; the record's memory is the state.
 */
import type { RingMemory } from './memory.js';
import { ClaimState, RecordWord } from './record.js';
import type { RingProducer } from './ring-producer.js';

/** Member: takes the record that starts at `word` to run it; false when the host has taken it back. */
export function claimRecord(memory: RingMemory, word: number): boolean {
  const claimWord = word + RecordWord.CLAIM;
  return memory.compareExchange(claimWord, ClaimState.QUEUED, ClaimState.CLAIMED) === ClaimState.QUEUED;
}

/**
 * Host: takes back the record that was written at this position, whose claim state is in `claimWord`; false when the member
 * has claimed it.
 */
export function recallRecord(tasks: RingProducer, position: number, claimWord: number): boolean {
  // Behind `head` the word may belong to a later record. Before it only this thread writes records, so it does not.
  if (!tasks.isUnreleased(position)) return false;
  return tasks.memory.compareExchange(claimWord, ClaimState.QUEUED, ClaimState.RECALLED) === ClaimState.QUEUED;
}

/** Host: whether the record that was written at this position still waits for the member. */
export function isQueued(tasks: RingProducer, position: number, claimWord: number): boolean {
  return tasks.isUnreleased(position) && tasks.memory.load(claimWord) === ClaimState.QUEUED;
}
