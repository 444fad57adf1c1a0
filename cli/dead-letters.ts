/** Dead letters of the broker as the `dead` commands see them, read through the transport port. */
import type { MessageHandle, Transport } from '../core/ports/transport.js';
import { deadQueueOf } from '../core/worker/dead-letter.js';
import { readDeadMessage, type DeadMessage } from './dead-message.js';

export interface FoundLetter {
  readonly handle: MessageHandle | null;
  readonly message: DeadMessage;
}

export const DEAD_SUFFIX = deadQueueOf('');

/** Letters read of each queue, oldest first. */
const MAX_LETTERS = 10_000;

/** @param selected queues of origin, or of dead letters; all when undefined */
export async function findDeadLetters(
  transport: Transport,
  selected: readonly string[] | undefined,
): Promise<readonly FoundLetter[]> {
  const known = await transport.queues();
  const wanted = selected?.map((name) => (name.endsWith(DEAD_SUFFIX) ? name : deadQueueOf(name)));
  const queues = wanted?.filter((name) => known.includes(name)) ?? known.filter((name) => name.endsWith(DEAD_SUFFIX));
  const batches = await Promise.all(
    queues.map(async (queue) => {
      const letters = await transport.browse(queue, MAX_LETTERS);
      return letters.map((letter, index): FoundLetter => {
        return { handle: letter.handle, message: readDeadMessage(letter, queue, index + 1) };
      });
    }),
  );
  return batches.flat();
}
