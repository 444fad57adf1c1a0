/** Requests for tests of what holds them. */
import { decodeTaskHeaders } from '../../core/protocol/task-message.js';
import { HeadWriter } from '../../core/task/delivery-info.js';
import type { TaskOptions } from '../../core/task/task-options.js';
import { Request } from '../../core/worker/request.js';
import { taskDelivery, type DeliveryParts } from './task-delivery.js';
import { planOf } from './task-plan.js';

const heads = new HeadWriter();
const usualPlan = planOf();
const listener = {
  onStart: () => undefined,
  onLateFailure: () => undefined,
  onSoftTimeLimit: () => undefined,
  onEnd: () => undefined,
};

export function heldRequest(parts: DeliveryParts = {}, options: TaskOptions | null = null): Request {
  const delivery = taskDelivery(parts);
  const message = decodeTaskHeaders(delivery.headers, delivery.properties);
  return new Request(delivery, message, { plan: options === null ? usualPlan : planOf(options), listener, heads });
}
