/**
 * What happens with a delivery whose result the store refuses for good (D7): FAILURE with the reason takes its place, so
 * that nobody waits for ever; when that is refused, too, the message becomes a dead letter. It is never acknowledged
 * with nothing to show (R1). Host thread.
 */
import { BackendStoreError, ProtocolError } from '../kernel/errors.js';
import { State } from '../kernel/states.js';
import type { Delivery } from '../ports/transport.js';
import { decodeTaskHeaders } from '../protocol/task-message.js';
import { failureDocument } from '../task/result-documents.js';
import { deadLetter } from './dead-letter.js';
import { ALREADY_ACKED, verdict, type Verdict } from './verdict.js';

/** The verdict that takes the place of `refused`; null when there is nothing to be stored in its stead. */
export function failureInstead(
  delivery: Delivery,
  refused: Verdict,
  { error, nowEpochMs }: { readonly error: Error; readonly nowEpochMs: number },
): Verdict | null {
  const { result, disposal } = refused;
  if (result === null) return null;
  const failure = new BackendStoreError(`the result could not be stored: ${error.message}`, { cause: error });
  try {
    const message = decodeTaskHeaders(delivery.headers, delivery.properties);
    const end = { children: [], nowEpochMs };
    const document = Buffer.from(failureDocument(failure, message, end));
    return verdict(disposal, { taskId: result.taskId, state: State.FAILURE, document });
  } catch (thrown) {
    // It was read once already: headers that cannot be read have no result.
    if (thrown instanceof ProtocolError) return null;
    throw thrown;
  }
}

/** The last resort: the message is kept for people to see. One acknowledged at its start is gone from the broker. */
export function deathInstead(
  delivery: Delivery,
  refused: Verdict,
  { error, nowEpochMs }: { readonly error: Error; readonly nowEpochMs: number },
): Verdict {
  if (refused.disposal.kind === 'none') return verdict(ALREADY_ACKED);
  return verdict(deadLetter(delivery, { reason: 'result-refused', error: error.message, nowEpochMs }));
}
