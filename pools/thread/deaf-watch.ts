/**
 * Finds a member that takes nothing although it could: its loop turns, it runs nothing, has room for outcomes, and leaves
 * records in its lane where they are. Only memory that somebody has scribbled on makes one so, and its jobs would wait for
 * ever: limits count from the start of a run. Looked at every 50 ms while work is in hand (host-turns.ts); host thread.
 */
import type { Lane } from './lane.js';

/** Looks in a row, each with a bell and a turn of the member's loop between: two seconds. */
const DEAF_LOOKS = 40;

export class DeafWatch {
  readonly #lane: Lane;
  #deafLooks = 0;
  #heartbeat = 0;
  #released = 0;

  constructor(lane: Lane) {
    this.#lane = lane;
  }

  /** True when the member must go. */
  look(): boolean {
    const { status, releasedPosition } = this.#lane;
    const { heartbeat } = status;
    const hasTurned = heartbeat !== this.#heartbeat;
    const stands = releasedPosition === this.#released;
    this.#heartbeat = heartbeat;
    this.#released = releasedPosition;
    if (!stands || !this.#isWaitedFor || status.isComputing || status.memberWantsRoom) this.#deafLooks = 0;
    // One that does not turn computes outside of a run; whoever waits for it has limits of its own.
    else if (hasTurned) this.#deafLooks++;
    return this.#deafLooks >= DEAF_LOOKS;
  }

  /** There are records, and none that it has claimed. Recalled ones it skips, so they count. */
  get #isWaitedFor(): boolean {
    const { first } = this.#lane.inFlight;
    return first === null ? this.#lane.hasUnreleased : !this.#lane.isClaimed(first);
  }
}
