/** Rows of limits: what a message may be at most, so that no message can harm a worker. All are ours. */
import { setting } from '../setting.js';

export const limitRows = {
  messageMaxBytes: setting('integer', {
    default: 16 * 2 ** 20,
    unit: 'bytes',
    min: 1_024,
    meaning: 'largest body, as it is sent and after decompression',
  }),
  messageMaxDepth: setting('integer', { default: 64, unit: 'levels', min: 4, meaning: 'deepest nesting of a body' }),
  messageMaxNodes: setting('integer', {
    default: 1_000_000,
    unit: 'values',
    min: 16,
    meaning: 'values in a body, keys not counted',
  }),
  messageMaxStringBytes: setting('integer', {
    default: 8 * 2 ** 20,
    unit: 'bytes',
    min: 256,
    meaning: 'longest string in a body',
  }),
  messageMaxHeaderBytes: setting('integer', {
    default: 64 * 2 ** 10,
    unit: 'bytes',
    min: 1_024,
    meaning: 'all headers of a message together',
  }),
  messageMaxHeaders: setting('integer', { default: 200, unit: 'headers', min: 32, meaning: 'headers of a message' }),
  messageMaxRetries: setting('integer', {
    default: 100,
    unit: 'retries',
    min: 0,
    meaning: 'retries that a message may say it has had, unless its task allows more',
  }),
  taskMaxEtaMs: setting('integer', {
    default: 30 * 86_400_000,
    unit: 'ms',
    min: 1_000,
    meaning: 'how far in the future an ETA may be',
  }),
  canvasMaxDepth: setting('integer', { default: 32, unit: 'levels', min: 1, meaning: 'deepest nesting of signatures' }),
  canvasMaxGroupSize: setting('integer', {
    default: 10_000,
    unit: 'signatures',
    min: 1,
    meaning: 'signatures of one chain, group or list of callbacks in a message',
  }),
} as const;
