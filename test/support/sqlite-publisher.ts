/**
 * A process that publishes to an SQLite file, run by tests. `once`: connects transport and backend, publishes one message
 * and ends without closing anything. `watch`: stays for a result, then does the same. `fill`: publishes until it is
 * refused and says how many were confirmed. `stream`: publishes batches without end, saying after each confirm how many
 * messages were confirmed.
 */
import { Buffer } from 'node:buffer';
import { BackendError, TransportError } from '../../core/kernel/errors.js';
import { systemClock } from '../../core/kernel/clock.js';
import { createSqliteBackend } from '../../backends/sqlite/sqlite-backend.js';
import { createSqliteTransport } from '../../transports/sqlite/sqlite-transport.js';
import { message } from '../contract/transport-inbox.js';

const FILL_LIMIT = 2_000;
const STREAM_BATCH = 10;

async function main(url: string, mode: string): Promise<void> {
  const options = { url, baseFolder: '/', clock: systemClock };
  const transport = createSqliteTransport(options);
  const backend = createSqliteBackend({ ...options, expiresMs: null });
  await transport.connect(10_000);
  await backend.connect(10_000);
  if (mode === 'once') await transport.publish([message('one')]);
  else if (mode === 'watch') {
    const watch = backend.watch('task', (result) => {
      console.log(`result ${result.state}`);
      watch.stop();
    });
    console.log('watching');
  } else if (mode === 'stream') await stream(transport);
  else await fill(transport, backend);
}

async function stream(transport: ReturnType<typeof createSqliteTransport>): Promise<never> {
  for (let confirmed = 0; ; confirmed += STREAM_BATCH) {
    console.log(`confirmed ${String(confirmed)}`);
    const batch = Array.from({ length: STREAM_BATCH }, (_, i) => message(`m${String(confirmed + i)}`));
    await transport.publish(batch);
  }
}

async function fill(
  transport: ReturnType<typeof createSqliteTransport>,
  backend: ReturnType<typeof createSqliteBackend>,
): Promise<void> {
  let confirmed = 0;
  try {
    for (; confirmed < FILL_LIMIT; confirmed++) {
      await transport.publish([message(`m${String(confirmed)}`, { body: Buffer.alloc(50_000) })]);
    }
  } catch (error) {
    console.log(`refused ${String(confirmed)} ${String(error instanceof TransportError)}`);
  }
  try {
    await backend.store([{ taskId: 'task', state: 'SUCCESS', document: Buffer.alloc(400_000) }]);
  } catch (error) {
    console.log(`store refused ${String(error instanceof BackendError && error.isRetryable)}`);
  }
}

const [url = '', mode = 'once'] = process.argv.slice(2);
void main(url, mode);
