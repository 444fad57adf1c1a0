import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Logger } from '../../../core/ports/logger.js';
import { runAsCurrent } from '../../../core/task/current-task.js';
import { plainRequest } from '../../../core/task/plain-request.js';
import { TaskContext } from '../../../core/task/task-context.js';
import { getTaskLogger } from '../../../core/task/task-logger.js';

function listening(): { readonly lines: unknown[]; readonly logger: Logger } {
  const lines: unknown[] = [];
  const write = (fields: object, message: string): void => void lines.push([fields, message]);
  return { lines, logger: { debug: write, info: write, warn: write, error: write } };
}

test('TASK-76 a line goes to the log of the run around it, and outside of one to the base logger', () => {
  const inside = listening();
  const outside = listening();
  const logger = getTaskLogger('images', outside.logger);
  const request = plainRequest('shop.add', { id: 'id-1' });
  const writeState = () => Promise.resolve();
  const context = new TaskContext({ request, logger: inside.logger, job: null, publications: null, writeState });
  runAsCurrent(context, () => {
    logger.info({ size: 1 }, 'resized');
  });
  logger.warn({}, 'loaded');
  assert.deepStrictEqual(inside.lines, [[{ logger: 'celery.task.images', size: 1 }, 'resized']]);
  assert.deepStrictEqual(outside.lines, [[{ taskId: '???', taskName: '???', logger: 'celery.task.images' }, 'loaded']]);
});
