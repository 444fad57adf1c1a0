/** Package entry `celeriac/ports`: what the author of a transport, backend, pool or serializer implements. */
export type * from './adapter.js';
export type * from './transport.js';
export { PublishRefusal } from './publish-refusal.js';
export type * from './backend.js';
export type * from './pool.js';
export type * from './member-program.js';
export type * from './serializer.js';
export type { LeveledLogger, LogLevel, Logger } from './logger.js';
export { HeaderBlock, type HeaderTable, type HeaderValue } from '../kernel/header-block.js';
export { systemClock, type Clock, type TimerHandle } from '../kernel/clock.js';
export { systemRandom, type Random } from '../kernel/random.js';
