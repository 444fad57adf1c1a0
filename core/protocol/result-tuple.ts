/**
 * Results of tasks and groups as they travel (RES-30, protocol.md §7.3): `[[id, parent], members]`, `members` null for a
 * task. They stand in the `children` of a result document, in saved groups and in the arguments of chord tasks. Whoever
 * reads results or builds canvases calls this; it never throws.
 */

export type ResultTuple = readonly [readonly [string, ResultTuple | null], readonly ResultTuple[] | null];

/** Deeper than any canvas: what is below is not read. */
const MAX_DEPTH = 256;

/** Reads a tuple, or a bare id for one; null for anything else. Members and parents that are malformed read as absent. */
export function decodeResultTuple(value: unknown, depth = 0): ResultTuple | null {
  if (typeof value === 'string') return [[value, null], null];
  if (!Array.isArray(value) || depth > MAX_DEPTH) return null;
  const [head, members] = value as readonly unknown[];
  const [id, parent] = Array.isArray(head) ? (head as readonly unknown[]) : [head, null];
  if (typeof id !== 'string') return null;
  return [
    [id, decodeResultTuple(parent, depth + 1)],
    Array.isArray(members) ? decodeResultTuples(members, depth + 1) : null,
  ];
}

/** The tuples of a list, in order, without what is none. */
export function decodeResultTuples(value: unknown, depth = 0): readonly ResultTuple[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown) => {
    const tuple = decodeResultTuple(item, depth);
    return tuple === null ? [] : [tuple];
  });
}
