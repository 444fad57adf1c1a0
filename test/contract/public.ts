/** Package entry `celeriac/contracts`: the suites that every adapter passes, to be run by node:test. */
export { exerciseTransport, type TransportFixture } from './transport.contract.js';
export { exerciseBackend, type BackendFixture } from './backend.contract.js';
export { exercisePool } from './pool.contract.js';
export type { CreatePool, PoolContractOptions } from './pool-suite.js';
