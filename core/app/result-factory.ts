/** Makes the handles of results for one app and outlet, from ids and from what travels. Client, host and member. */
import type { ControlClient } from '../control/control-client.js';
import type { Clock } from '../kernel/clock.js';
import { ProtocolError } from '../kernel/errors.js';
import type { ErrorPrototypes } from '../protocol/exception.js';
import { DEFAULT_MESSAGE_LIMITS, type MessageLimits } from '../protocol/message-limits.js';
import type { ResultFormat } from '../protocol/result-format.js';
import { decodeResultTuple, type ResultTuple } from '../protocol/result-tuple.js';
import type { Outlet } from '../task/outlet.js';
import { AsyncResult } from './async-result.js';
import { GroupResult } from './group-result.js';
import type { ResultNode, ResultSource } from './result-node.js';

export interface ResultFactoryOptions {
  readonly outlet: Outlet;
  readonly control: () => ControlClient;
  readonly clock: Clock;
  readonly errors: ErrorPrototypes;
  readonly format: ResultFormat | null;
  /** @defaultValue those of the usual settings */
  readonly limits?: MessageLimits;
  readonly remoteTracebacks: boolean;
}

export class ResultFactory implements ResultSource {
  readonly outlet: Outlet;
  readonly control: () => ControlClient;
  readonly clock: Clock;
  readonly errors: ErrorPrototypes;
  readonly format: ResultFormat | null;
  readonly limits: MessageLimits;
  readonly remoteTracebacks: boolean;

  constructor({ outlet, control, clock, errors, format, limits, remoteTracebacks }: ResultFactoryOptions) {
    this.outlet = outlet;
    this.control = control;
    this.clock = clock;
    this.errors = errors;
    this.format = format;
    this.limits = limits ?? DEFAULT_MESSAGE_LIMITS;
    this.remoteTracebacks = remoteTracebacks;
  }

  fromTuple([[id, parentTuple], members]: ResultTuple): ResultNode {
    const parent = parentTuple === null ? null : this.fromTuple(parentTuple);
    if (members === null) return new AsyncResult(id, this, { parent });
    return new GroupResult({ id, results: members.map((member) => this.fromTuple(member)), parent }, this);
  }

  /** The result of what travels as a tuple, or as a bare id (RES-30). @throws ProtocolError when it is neither */
  read(value: unknown): ResultNode {
    const tuple = decodeResultTuple(value);
    if (tuple === null) throw new ProtocolError('not a result tuple: [[id, parent], members] is expected, or an id');
    return this.fromTuple(tuple);
  }
}
