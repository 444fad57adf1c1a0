/** Member program of the bytes path: JSON body in, JSON result out, as a task message would have it. */
import type { MemberProgram } from '../../../core/ports/member-program.js';

const OK = 1;

export default function createJsonEcho(): MemberProgram {
  return {
    manifest: null,
    run: ({ body }) => {
      const [value] = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1')) as [
        number,
      ];
      return { kind: OK, payload: Buffer.from(JSON.stringify(value), 'latin1') };
    },
    close: () => Promise.resolve(),
  };
}
