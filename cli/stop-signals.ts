/**
 * Signals → how hard to stop (WORK-70 to 74, WORK-77, ENV-09). A pure little machine and the handlers that drive it; the
 * process itself is ended by the command.
 *
 *     TERM         → warm; again it changes nothing
 *     INT          → warm, then cold
 *     QUIT         → cold (TERM too, with REMAP_SIGTERM=SIGQUIT)
 *     INT, QUIT    → cancel, while a cold stop gives tasks their last time: what runs ends at once
 *     INT, QUIT    → now: the process ends, the broker notices
 *     HUP          → restart, where no terminal hangs up
 */
export type StopStage = 'warm' | 'cold' | 'cancel' | 'now' | 'restart';

export class StopSignals {
  readonly #remapsTerm: boolean;
  #stage: StopStage | null = null;

  /** @param environment `REMAP_SIGTERM` is read. */
  constructor(environment: Readonly<Record<string, string | undefined>> = {}) {
    this.#remapsTerm = environment['REMAP_SIGTERM'] === 'SIGQUIT';
  }

  /**
   * The stage that a signal leads to; null when it changes nothing.
   * @param isSoft a cold stop gives running tasks their last time now.
   */
  receive(signal: NodeJS.Signals, isSoft = false): StopStage | null {
    const meant = signal === 'SIGTERM' && this.#remapsTerm ? 'SIGQUIT' : signal;
    const stage = this.#next(meant, isSoft);
    if (stage !== null) this.#stage = stage;
    return stage;
  }

  #next(signal: NodeJS.Signals, isSoft: boolean): StopStage | null {
    const stage = this.#stage;
    if (signal === 'SIGHUP') return stage === null ? 'restart' : null;
    if (signal === 'SIGTERM') return stage === null ? 'warm' : null;
    if (stage === null) return signal === 'SIGINT' ? 'warm' : 'cold';
    if (stage === 'warm' || stage === 'restart') return 'cold';
    return stage === 'cold' && isSoft ? 'cancel' : 'now';
  }
}

export interface StopSignalsOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether the process hangs at a terminal: then HUP means that it is gone. */
  readonly hasTerminal: boolean;
  readonly isSoft: () => boolean;
}

/** Calls `stop` for each signal that changes something, until the returned function is called. */
export function onStopSignals(
  stop: (stage: StopStage, signal: NodeJS.Signals) => void,
  { environment, hasTerminal, isSoft }: StopSignalsOptions,
): () => void {
  const signals = new StopSignals(environment);
  const listen = (signal: NodeJS.Signals): void => {
    const stage = signals.receive(signal, isSoft());
    if (stage !== null) stop(stage, signal);
  };
  const names: readonly NodeJS.Signals[] = [
    ...(['SIGTERM', 'SIGINT', 'SIGQUIT'] as const),
    ...(hasTerminal ? [] : (['SIGHUP'] as const)),
  ];
  for (const name of names) process.on(name, listen);
  return () => {
    for (const name of names) process.off(name, listen);
  };
}
