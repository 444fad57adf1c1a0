/** Package entry `celeriac/testing`: for the tests of those who write tasks, and of those who send them. */
export { createTestApp, type TestApp, type TestAppOptions } from './test-app.js';
export { startTestWorker, TestWorker, type TestWorkerOptions } from './test-worker.js';
export { recordMessages } from './test-outlet.js';
export type { Outbox, SentTask, TaskReference, WaitLimit } from './outbox.js';
export { trapCurrentApp, type AppTrap } from './app-trap.js';
export { waitForSignal, waitForState, type SignalWait } from './wait-for.js';
