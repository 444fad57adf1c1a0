/**
 * Mutated messages on memory://: 20,000 by default, 1,000,000 with CELERIAC_FULL=1. The worker neither crashes nor hangs,
 * a good message runs behind each batch, and at the end the queue holds nothing but what was told to wait.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { encodeTaskHeaders } from '../../core/protocol/task-headers.js';
import { encodeBody } from '../../core/protocol/body.js';
import type { OutgoingMessage } from '../../core/ports/transport.js';
import { HOSTILE_TASK } from '../support/hostile-messages.js';
import { HostileRun } from '../support/hostile-run.js';
import { MessageMutator } from '../support/message-mutator.js';
import { jsonProperties } from '../support/task-delivery.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const COUNT = process.env['CELERIAC_FULL'] === '1' ? 1_000_000 : 20_000;
const BATCH = 1_000;
const TIMEOUT_MS = COUNT > 20_000 ? 3_600_000 : 120_000;

it(`${String(COUNT)} mutated messages neither crash nor hang a worker`, { timeout: TIMEOUT_MS }, async () => {
  const seed = Number(process.env['CELERIAC_SEED'] ?? Date.now() % 1_000_000);
  console.log(`seed ${String(seed)}`);
  const mutator = new MessageMutator(seed);
  const folder = await temporaryFolder();
  const run = await HostileRun.start('memory://fuzz', folder.path);
  const reasons = new Set<string>();
  for (let sent = 0; sent < COUNT; sent += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, i) => {
      return { title: `message ${String(sent + i)}`, message: mutator.mutate(goodMessage(sent + i, run.queue)) };
    });
    await run.send(batch);
    for (const reason of await run.takeReasons()) reasons.add(reason);
  }
  const { left, isPolluted } = await run.end(0);
  await folder.remove();
  assert.equal(isPolluted, false);
  // A mutation may be a valid ETA.
  assert.ok(left < COUNT / 1_000, `${String(left)} messages are left`);
  assert.ok(reasons.size >= 10, [...reasons].join());
});

function goodMessage(number: number, queue: string): OutgoingMessage {
  const id = `fuzz-${String(number)}`;
  const eta = number % 10 === 0 ? Date.now() - 1_000 : null;
  const headers = encodeTaskHeaders({
    ...{ task: HOSTILE_TASK, id, argsrepr: '(1,)', kwargsrepr: '{}', origin: 'gen1@here', etaEpochMs: eta },
    ...(number % 3 === 0 ? { groupId: 'group', groupIndex: 1, timeLimitSeconds: 60, retries: 2 } : {}),
    ...(number % 4 === 0 ? { stampedHeaders: ['by'], stamps: { by: 'x' }, customHeaders: { tenant: 7 } } : {}),
  });
  const body = encodeBody([number, 'text', { a: [1, 2, null] }], { when: new Date(0), big: 10n ** 20n });
  return { exchange: '', routingKey: queue, headers, properties: jsonProperties, body, notBeforeEpochMs: null };
}
