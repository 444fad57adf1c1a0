/** Sends task calls: gives them id and parentage, builds the message, hands it to the outlet. Client, host and member. */
import type { NewId } from '../kernel/ids.js';
import { currentTask } from '../task/current-task.js';
import type { Outlet } from '../task/outlet.js';
import { checkTaskId, type MessageBuilder, type Parentage, type TaskCall } from './message-builder.js';

export class Publisher {
  readonly #builder: MessageBuilder;
  readonly #newId: NewId;

  constructor(builder: MessageBuilder, newId: NewId) {
    this.#builder = builder;
    this.#newId = newId;
  }

  /**
   * Resolves with the task's id when the broker has confirmed. Inside a task everything up to the commit to the ring
   * happens before this returns: a kill after that cannot take the message back (design §4).
   */
  async publish(call: TaskCall, outlet: Outlet): Promise<string> {
    const parentage = this.#parentage(call);
    const message = this.#builder.build(call, parentage);
    currentTask()?.publications?.addChild(parentage.id);
    await outlet.publish(message);
    return parentage.id;
  }

  #parentage({ options }: TaskCall): Parentage {
    const given = options.taskId === undefined ? null : checkTaskId(options.taskId);
    const parent = currentTask();
    if (parent?.publications == null) return { id: given ?? this.#newId(), rootId: null, parentId: null };
    const derived = parent.publications.nextId();
    const { id, rootId } = parent.request;
    return { id: given ?? derived, rootId: rootId ?? id, parentId: id };
  }
}
