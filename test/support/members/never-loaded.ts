/** A module that never ends loading, for tests of what starts a pool. */
await new Promise(() => undefined);

export default function unreachable(): void {
  // Nobody gets here.
}
