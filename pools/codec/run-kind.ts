/**
 * How a run of `ThreadPool.run()` ended: the program's own kind on its outcome record. Its low half says how, its high half
 * in what form the payload is (body-form.ts).
 */
import type { BodyForm } from './body-form.js';

export const RunKind = {
  /** The payload is the value. */
  VALUE: 0,
  /** The payload is an ErrorRecord. */
  ERROR: 1,
  /** Something that is no Error was thrown: the payload is that value. */
  THROWN_VALUE: 2,
} as const;

export function kindWithForm(runKind: number, form: BodyForm): number {
  return runKind | (form << 4);
}

export function runKindOf(kind: number): number {
  return kind & 0xf;
}

export function formOfKind(kind: number): BodyForm {
  return (kind >>> 4) as BodyForm;
}
