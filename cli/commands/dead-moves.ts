/**
 * `celeriac dead redrive|discard`: sends dead letters back to their queues, or removes them; the answer is their number.
 * Each letter moves in one step of the broker: whatever happens meanwhile, it is in one place.
 */
import { ConfigError } from '../../core/kernel/errors.js';
import type { MessageMove, Transport } from '../../core/ports/transport.js';
import { applyGlobalOptions, loadClientApp, type GlobalOptions } from '../app-source.js';
import { filterDead, isNarrowing, unmetChoice } from '../dead-filter.js';
import { findDeadLetters, type FoundLetter } from '../dead-letters.js';
import { redriveOf } from '../dead-redrive.js';
import { ExitCode } from '../exit-code.js';
import { isConfirmed } from '../question.js';
import { answer, note } from '../terminal.js';
import { answerList, type DeadFlags } from './dead.js';

export interface DeadMoveFlags extends DeadFlags {
  /** Every letter, where neither ids nor a filter choose. */
  readonly all?: boolean;
  /** Shows what would be moved and leaves it. */
  readonly dryRun?: boolean;
  /** Queue to send them to, instead of the one that each came from. */
  readonly to?: string;
  readonly force?: boolean;
}

/** Letters moved in one transaction of the broker. */
const MOVE_COUNT = 500;

/** @throws ConfigError when nothing chooses the letters. */
export async function runDeadRedrive(
  ids: readonly string[],
  flags: DeadMoveFlags,
  globals: GlobalOptions,
): Promise<ExitCode> {
  return runMoves(
    { ids, flags, globals },
    () => Promise.resolve(true),
    ({ message }) => redriveOf(message, flags.to ?? null),
  );
}

/** @throws ConfigError when nothing chooses the letters, and without `-f` where nobody can be asked. */
export async function runDeadDiscard(
  ids: readonly string[],
  flags: DeadMoveFlags,
  globals: GlobalOptions,
): Promise<ExitCode> {
  const isAsked = flags.force !== true && flags.dryRun !== true;
  if (isAsked && !process.stdin.isTTY) {
    throw new ConfigError('discard asks before it removes messages, and there is no terminal to ask at: add -f');
  }
  const confirm = (count: number): Promise<boolean> =>
    isAsked ? isConfirmed(`Discard ${String(count)} dead letters for good?`) : Promise.resolve(true);
  return runMoves({ ids, flags, globals }, confirm, () => null);
}

async function runMoves(
  chosen: { readonly ids: readonly string[]; readonly flags: DeadMoveFlags; readonly globals: GlobalOptions },
  confirm: (count: number) => Promise<boolean>,
  destinationOf: (letter: FoundLetter) => MessageMove['to'],
): Promise<ExitCode> {
  const { ids, flags, globals } = chosen;
  if (ids.length === 0 && flags.queues === undefined && flags.all !== true && !isNarrowing(flags)) {
    throw new ConfigError('which dead letters? Give ids, -Q, --task, --reason, --since, --before, --limit or --all');
  }
  applyGlobalOptions(globals);
  await using app = await loadClientApp(globals);
  const transport = await app.connections.transport();
  const found = await findDeadLetters(transport, flags.queues);
  const messages = found.map(({ message }) => message);
  const unmet = unmetChoice(messages, flags, ids);
  if (unmet !== null) note(unmet);
  const kept = new Set(filterDead(messages, flags, ids));
  const letters = found.filter(({ message }) => kept.has(message));
  if (flags.dryRun === true) {
    answerList(
      letters.map(({ message }) => message),
      flags,
    );
    return ExitCode.OK;
  }
  if (letters.length > 0 && !(await confirm(letters.length))) {
    note('nothing was removed');
    return ExitCode.FAILURE;
  }
  const moved = await moveAll(transport, letters, destinationOf);
  if (moved < letters.length) note(`${String(letters.length - moved)} were gone already`);
  answer(String(moved));
  return ExitCode.OK;
}

async function moveAll(
  transport: Transport,
  letters: readonly FoundLetter[],
  destinationOf: (letter: FoundLetter) => MessageMove['to'],
): Promise<number> {
  let moved = 0;
  for (const queue of new Set(letters.map(({ message }) => message.queue))) {
    const moves = letters.flatMap((letter): MessageMove[] =>
      letter.handle === null || letter.message.queue !== queue
        ? []
        : [{ handle: letter.handle, to: destinationOf(letter) }],
    );
    for (let from = 0; from < moves.length; from += MOVE_COUNT) {
      const outcomes = await transport.move(queue, moves.slice(from, from + MOVE_COUNT));
      moved += outcomes.filter((outcome) => outcome === 'moved').length;
    }
  }
  return moved;
}
