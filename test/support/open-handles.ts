/** What keeps this process alive, for tests that nothing of theirs does. */

/** Of the event loop's turn itself, and of the test runner, which has just closed a file. */
const PASSING: readonly string[] = ['Immediate', 'CloseReq'];

/** Kinds of open handles and requests, sorted. */
export function openHandles(): readonly string[] {
  return process
    .getActiveResourcesInfo()
    .filter((kind) => !PASSING.includes(kind))
    .sort();
}
