import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Worker } from '../../../core/worker/public.js';
import type { LeveledLogger } from '../../../core/ports/logger.js';
import { app, meet } from '../../support/members/printing.js';

const module = new URL('../../support/members/printing.js', import.meta.url);
const COUNT = 5;

function createLogger(lines: unknown[]): LeveledLogger {
  const ignore = (): void => undefined;
  return {
    isLevelEnabled: () => true,
    debug: ignore,
    info: ignore,
    warn: (fields, message) => {
      if ('stream' in fields) lines.push([fields, message]);
    },
    error: ignore,
  };
}

describe('what tasks print', { timeout: 30_000 }, () => {
  it('WORK-101 becomes a warning that names the task, also when several await in one member', async () => {
    const lines: unknown[] = [];
    const worker = await Worker.start({ app, module, concurrency: 1, logger: createLogger(lines) });
    try {
      const words = Array.from({ length: COUNT }, (_, i) => `word ${String(i)}`);
      const results = await Promise.all(words.map((word) => meet.delay(word, COUNT)));
      // They meet, so one member runs them all at once (workerAsyncPerMember).
      await Promise.all(results.map((result) => result.get({ timeoutMs: 20_000 })));
      const lineOf = (at: number, stream: string, rest: string): unknown => [
        { member: 0, stream, taskId: results[at]?.id, taskName: 'printing.meet' },
        `word ${String(at)} ${rest}`,
      ];
      const expected = words.flatMap((_, at) => [lineOf(at, 'stdout', 'waits'), lineOf(at, 'stderr', 'goes on')]);
      const byText = (line: unknown): string => JSON.stringify(line);
      assert.deepEqual(lines.map(byText).sort(), expected.map(byText).sort());
    } finally {
      await worker.close({ timeoutMs: 0 });
      await app.close();
    }
  });
});
