/** Member program of the bytes path: JSON body in, JSON result out, as a task message would have it. */
import type { MemberProgram } from '../../../core/ports/member-program.js';

const OK = 1;
const MAX_RESULT_BYTES = 32;

export default function createJsonEcho(): MemberProgram {
  // Copied before the next run, so one buffer and one outcome do for all.
  const payload = Buffer.alloc(MAX_RESULT_BYTES);
  const outcome = { kind: OK, payload, payloadStart: 0, payloadEnd: 0 };
  return {
    manifest: null,
    run: ({ bodySource, bodyStart, bodyEnd }) => {
      const [value] = JSON.parse(bodySource.toString('latin1', bodyStart, bodyEnd)) as [number];
      outcome.payloadEnd = payload.write(JSON.stringify(value), 'latin1');
      return outcome;
    },
    close: () => Promise.resolve(),
  };
}
