/**
 * Signals → how hard to stop (WORK-70 to 72). A pure little machine and the handlers that drive it; the process itself is
 * ended by the command.
 *
 *     TERM, INT        → warm: running tasks end, the rest goes back
 *     once more, QUIT  → cold: what runs goes back, too
 *     once more        → now: the process ends, the broker notices
 */
export type StopStage = 'warm' | 'cold' | 'now';

const NEXT: Readonly<Record<StopStage, StopStage>> = { warm: 'cold', cold: 'now', now: 'now' };

export class StopSignals {
  #stage: StopStage | null = null;

  receive(signal: NodeJS.Signals): StopStage {
    const first = signal === 'SIGQUIT' ? 'cold' : 'warm';
    this.#stage = this.#stage === null ? first : NEXT[this.#stage];
    return this.#stage;
  }
}

/** Calls `stop` for each signal until the returned function is called. */
export function onStopSignals(stop: (stage: StopStage, signal: NodeJS.Signals) => void): () => void {
  const signals = new StopSignals();
  const listen = (signal: NodeJS.Signals): void => {
    stop(signals.receive(signal), signal);
  };
  const names = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const;
  for (const name of names) process.on(name, listen);
  return () => {
    for (const name of names) process.off(name, listen);
  };
}
