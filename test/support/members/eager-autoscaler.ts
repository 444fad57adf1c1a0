/** An autoscaler of one's own (WORK-98): three members as soon as there is anything to do. */
import { Autoscaler } from '../../../core/worker/public.js';

export class EagerAutoscaler extends Autoscaler {
  protected override wanted(): number {
    return this.options.reserved() > 0 ? 3 : 0;
  }
}
