/**
 * What the bytes of a run are: an encoded value, or themselves the value. A job says it before the name of its function, an
 * outcome by its kind (run-kind.ts). Host and members.
 */
export const BodyForm = {
  /** Encoded (value-tag.ts). */
  VALUE: 0,
  /** The bytes of a Uint8Array, bare. */
  BYTES: 1,
  /** The bytes of a Buffer, bare. */
  BUFFER: 2,
} as const;

export type BodyForm = (typeof BodyForm)[keyof typeof BodyForm];

/** A job's head: the name of the function, and before it a control character for bare bytes. */
export function headOf(name: string, form: BodyForm): string {
  return form === BodyForm.VALUE ? name : String.fromCharCode(form) + name;
}

export function formOfHead(head: string): BodyForm {
  const code = head === '' ? 0 : head.charCodeAt(0);
  return code === BodyForm.BYTES || code === BodyForm.BUFFER ? code : BodyForm.VALUE;
}

export function nameOfHead(head: string, form: BodyForm): string {
  return form === BodyForm.VALUE ? head : head.slice(1);
}
