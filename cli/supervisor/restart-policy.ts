/**
 * When a node that died is started again (N4): at once with growing delays, and after several quick deaths in a row only
 * every half a minute, so that a crash loop costs next to nothing and ends by itself when its cause does. Pure.
 */
import { Backoff } from '../../core/kernel/backoff.js';
import type { Random } from '../../core/kernel/random.js';

/** A node that was ready for so long has proved that it can live. */
const PROVEN_MS = 60_000;
/** Deaths in a row without such a life that open the breaker. */
const MAX_QUICK_DEATHS = 5;
const FIRST_DELAY_MS = 200;
const MAX_DELAY_MS = 5_000;
/** Time between two tries while the breaker is open. */
export const BREAKER_DELAY_MS = 30_000;

export interface RestartDecision {
  readonly delayMs: number;
  /** Deaths in a row, this one included. */
  readonly deaths: number;
  /** The breaker is open. */
  readonly isOpen: boolean;
}

export class RestartPolicy {
  readonly #backoff: Backoff;
  #deaths = 0;

  constructor(random: Random) {
    this.#backoff = new Backoff({ initialMs: FIRST_DELAY_MS, maxMs: MAX_DELAY_MS }, random);
  }

  /** @param readyMs how long the node had been ready when it died; null when it never was. */
  died(readyMs: number | null): RestartDecision {
    if (readyMs !== null && readyMs >= PROVEN_MS) this.reset();
    this.#deaths++;
    const isOpen = this.#deaths >= MAX_QUICK_DEATHS;
    const delayMs = isOpen ? BREAKER_DELAY_MS : this.#backoff.nextMs();
    return { delayMs, deaths: this.#deaths, isOpen };
  }

  /** It ended because it was told to. */
  reset(): void {
    this.#deaths = 0;
    this.#backoff.reset();
  }
}
