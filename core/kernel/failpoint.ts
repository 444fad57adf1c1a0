/**
 * Named points at every boundary where work could be lost or repeated (reliability §3.6): a test arms some of them, and
 * the process dies, fails or stalls exactly there. Off, a point is one comparison with null. The entry file of each
 * thread (program, member, I/O thread) arms its own from `CELERIAC_FAILPOINT`; nobody else does. Every point has a test
 * that reaches it (test/chaos).
 *
 *     CELERIAC_FAILPOINT=NAME:ACTION[:WHEN][@SEED][,…]
 *     ACTION   kill | exit | throw | hang | delay=MS
 *     WHEN     1/N of the times, by chance | #N the N-th time in this thread; every time when left out
 */
import { ConfigError, TransportError } from './errors.js';
import { createSeededRandom, type Random } from './random.js';

export const FAILPOINTS = [
  /** Host: deliveries have become requests, none is with a member. */
  'afterClaimBeforeDispatch',
  /** Member: it has claimed the record of a task and does not run it yet. */
  'afterRecordBeforeRun',
  /** Member: the body has ended, nothing of it is written down. */
  'afterBodyBeforeResult',
  /** Member: what the body published is confirmed, its outcome is not committed (W6). */
  'afterChildrenBeforeResult',
  /** Member: room for the outcome is reserved in the ring, the outcome not committed. */
  'ringReserved',
  /** Member: the outcome is committed, the host not yet woken. */
  'ringCommitted',
  /** Host: the broker has messages whose publisher has no confirm. */
  'afterPublishBeforeConfirm',
  /** Host: a retry or callback is published, the result of the run not stored (W7). */
  'afterSuccessorsBeforeResult',
  /** Host: results are stored, their messages not acknowledged (W5). */
  'afterResultBeforeAck',
  /** Host: messages are acknowledged, the worker still counts them as its own. */
  'afterAckBeforeRelease',
  /** I/O thread: the letter stands in the dead queue, its message is not settled: one transaction, so both or neither. */
  'beforeDeadLetterAck',
  /** I/O thread: all is written, nothing committed. */
  'beforeSqliteCommit',
  /** I/O thread: committed and, where asked for, synced; nobody knows. */
  'afterSqliteCommit',
] as const;
export type FailpointName = (typeof FAILPOINTS)[number];

export interface Failpoints {
  /** Does what is armed for this point, if anything. @throws TransportError for the action `throw`. */
  reach(name: FailpointName): void;
}

/** Null unless a test has armed some: `failpoints?.reach('…')`. */
export let failpoints: Failpoints | null = null;

type Action = 'kill' | 'exit' | 'throw' | 'hang' | 'delay';

/** What is armed at one point. */
interface Charge {
  readonly action: Action;
  readonly delayMs: number;
  /** Chance of each time, or the one time. */
  readonly when: { readonly chance: number } | { readonly nth: number };
  readonly random: Random;
  times: number;
}

const FORM = /^(\w+):(kill|exit|throw|hang|delay=(\d+))(?::(?:1\/([1-9]\d*)|#([1-9]\d*)))?(?:@(\d+))?$/;

/**
 * Arms the points of this thread; without a text it disarms them.
 * @param salt makes threads of one process differ by chance.
 * @throws ConfigError for a text that says nothing we know.
 */
export function armFailpoints(text: string | undefined, salt = 0): void {
  failpoints = text === undefined || text === '' ? null : new ArmedFailpoints(text, salt);
}

class ArmedFailpoints implements Failpoints {
  readonly #charges = new Map<FailpointName, Charge>();

  constructor(text: string, salt: number) {
    for (const one of text.split(',')) {
      const [name, charge] = parseCharge(one.trim(), salt);
      this.#charges.set(name, charge);
    }
  }

  reach(name: FailpointName): void {
    const charge = this.#charges.get(name);
    if (charge === undefined) return;
    charge.times++;
    const { when, random } = charge;
    if ('nth' in when ? when.nth === charge.times : random.float() < when.chance) go(name, charge);
  }
}

function parseCharge(text: string, salt: number): readonly [FailpointName, Charge] {
  const match = FORM.exec(text);
  const name = FAILPOINTS.find((known) => known === match?.[1]);
  if (match === null || name === undefined) throw new ConfigError(`CELERIAC_FAILPOINT does not understand "${text}"`);
  const [, , action = '', delayMs, chance, nth, seed = '0'] = match;
  const charge: Charge = {
    action: action.split('=')[0] as Action,
    delayMs: Number(delayMs ?? 0),
    when: nth === undefined ? { chance: 1 / Number(chance ?? 1) } : { nth: Number(nth) },
    random: createSeededRandom(Number(seed) + salt),
    times: 0,
  };
  return [name, charge];
}

function go(name: FailpointName, { action, delayMs }: Charge): void {
  switch (action) {
    case 'kill':
      process.kill(process.pid, 'SIGKILL');
      // The signal ends the process by its main thread; this one must not go a step further.
      block(Infinity);
      break;
    case 'exit':
      // Of a member: its thread alone. The code is not 0, so nobody takes it for an end.
      process.exit(70);
      break;
    case 'throw':
      throw new TransportError(`failpoint ${name}`);
    case 'hang':
      block(Infinity);
      break;
    case 'delay':
      block(delayMs);
  }
}

/** Stops this thread, as a stuck disk or a stopped process would; no timer of it runs meanwhile. */
function block(timeoutMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, timeoutMs);
}
