/** What pools run in the no-op cases: a value in, the same value out. */
export default function noOp(value: unknown): unknown {
  return value;
}
