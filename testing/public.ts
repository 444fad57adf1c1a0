/** Package entry `celeriac/testing`: for the tests of those who write tasks. */
export { TestWorker, type TestWorkerOptions } from './test-worker.js';
