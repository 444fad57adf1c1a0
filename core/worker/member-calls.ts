/** Serves what tasks ask of their host: publish, read and store results, log. Host thread. */
import { ProtocolError } from '../kernel/errors.js';
import type { PoolCall } from '../ports/pool.js';
import { decodeOutgoing } from '../protocol/outgoing-record.js';
import {
  decodeAwait,
  decodeStoredResult,
  encodeStoredResult,
  MemberCall,
  type LogRecord,
} from '../task/member-call.js';
import type { Outlet } from '../task/outlet.js';
import type { TaskLog } from './task-log.js';

const DONE = new Uint8Array(0);

export class MemberCalls {
  readonly #outlet: Outlet;
  readonly #log: TaskLog;

  constructor(outlet: Outlet, log: TaskLog) {
    this.#outlet = outlet;
    this.#log = log;
  }

  serve(call: PoolCall): void {
    this.#answer(call).then(
      (reply) => {
        call.reply(reply);
      },
      (error: unknown) => {
        call.fail(error instanceof Error ? error : new ProtocolError(String(error)));
      },
    );
  }

  async #answer({ kind, payload }: PoolCall): Promise<Uint8Array> {
    switch (kind) {
      case MemberCall.PUBLISH:
        await this.#outlet.publish(decodeOutgoing(payload));
        return DONE;
      case MemberCall.FETCH_RESULT: {
        const result = await this.#outlet.fetchResult(Buffer.from(payload).toString());
        return result === null ? DONE : encodeStoredResult(result);
      }
      case MemberCall.AWAIT_RESULT: {
        const { taskId, timeoutMs } = decodeAwait(payload);
        return encodeStoredResult(await this.#outlet.awaitResult(taskId, timeoutMs));
      }
      case MemberCall.STORE_RESULT:
        await this.#outlet.storeResult(decodeStoredResult(payload));
        return DONE;
      case MemberCall.FORGET_RESULTS:
        await this.#outlet.forgetResults(JSON.parse(Buffer.from(payload).toString()) as string[]);
        return DONE;
      case MemberCall.LOG:
        this.#log.fromTask(JSON.parse(Buffer.from(payload).toString()) as LogRecord);
        return DONE;
      default:
        throw new ProtocolError(`a member made a call of unknown kind ${String(kind)}`);
    }
  }
}
