/** Serves what tasks ask of their host: publish, read and store results, log. Host thread. */
import { ProtocolError } from '../kernel/errors.js';
import type { PoolCall } from '../ports/pool.js';
import { decodeOutgoing } from '../protocol/outgoing-record.js';
import {
  decodeStoredResult,
  encodeStoredResult,
  encodeStoredResults,
  MemberCall,
  type LogRecord,
} from '../task/member-call.js';
import type { Outlet } from '../task/outlet.js';
import { decodeSpecialPublish } from '../task/publish-options.js';
import { MemberAwaits } from './member-awaits.js';
import type { PrefetchWindow } from './prefetch-window.js';
import type { TaskLog } from './task-log.js';

const DONE = new Uint8Array(0);

export class MemberCalls {
  readonly #outlet: Outlet;
  readonly #log: TaskLog;
  readonly #awaits: MemberAwaits;

  constructor(
    outlet: Outlet,
    { log, window }: { readonly log: TaskLog; readonly window: Pick<PrefetchWindow, 'raiseFor' | 'lowerFor'> },
  ) {
    this.#outlet = outlet;
    this.#log = log;
    this.#awaits = new MemberAwaits(outlet, window);
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

  async #answer(call: PoolCall): Promise<Uint8Array> {
    const { kind, payload, member } = call;
    switch (kind) {
      case MemberCall.PUBLISH:
        await this.#outlet.publish(decodeOutgoing(payload));
        return DONE;
      case MemberCall.PUBLISH_WITH: {
        const { message, options } = decodeSpecialPublish(payload);
        await this.#outlet.publish(message, options);
        return DONE;
      }
      case MemberCall.FETCH_RESULTS:
        return encodeStoredResults(await this.#outlet.fetchResults(idsIn(payload)));
      case MemberCall.AWAIT_RESULT:
        return encodeStoredResult(await this.#awaits.start(call));
      case MemberCall.ABANDON_AWAIT:
        this.#awaits.abandon(textIn(payload), member);
        return DONE;
      case MemberCall.STORE_RESULT:
        await this.#outlet.storeResult(decodeStoredResult(payload));
        return DONE;
      case MemberCall.FORGET_RESULTS:
        await this.#outlet.forgetResults(idsIn(payload));
        return DONE;
      case MemberCall.SAVE_GROUP: {
        const { taskId, document } = decodeStoredResult(payload);
        await this.#outlet.saveGroup(taskId, document);
        return DONE;
      }
      case MemberCall.FETCH_GROUP:
        return (await this.#outlet.fetchGroup(textIn(payload))) ?? DONE;
      case MemberCall.DELETE_GROUP:
        await this.#outlet.deleteGroup(textIn(payload));
        return DONE;
      case MemberCall.CLEAN_UP_RESULTS:
        return Buffer.from(String(await this.#outlet.cleanUpResults()));
      case MemberCall.LOG:
        this.#log.fromTask(JSON.parse(Buffer.from(payload).toString()) as LogRecord);
        return DONE;
      default:
        throw new ProtocolError(`a member made a call of unknown kind ${String(kind)}`);
    }
  }
}

function textIn(payload: Uint8Array): string {
  return Buffer.from(payload).toString();
}

function idsIn(payload: Uint8Array): string[] {
  return JSON.parse(textIn(payload)) as string[];
}
