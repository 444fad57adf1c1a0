/**
 * Entry of the I/O thread of one database file; started by `SqliteClient`. Everything that blocks on the disk or on
 * another process's lock happens here, so the host never does.
 */
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import { InvariantError } from '../../core/kernel/errors.js';
import { armFailpoints } from '../../core/kernel/failpoint.js';
import type { IoCall, IoEvent, IoThreadData } from './io-protocol.js';
import { IoLoop } from './io-loop.js';

function start(port: MessagePort): void {
  armFailpoints(process.env['CELERIAC_FAILPOINT']);
  const loop = new IoLoop(workerData as IoThreadData, (events) => {
    port.postMessage(events, buffersOf(events));
  });
  port.on('message', (calls: readonly IoCall[]) => {
    loop.receive(calls);
    // Whatever else has arrived joins the same transaction.
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
      loop.receive(next.message as readonly IoCall[]);
    }
  });
}

/** Results of SQLite own their memory, so it moves to the host without a copy. */
function buffersOf(events: readonly IoEvent[]): ArrayBuffer[] {
  const buffers: ArrayBuffer[] = [];
  for (const event of events) {
    if (event.kind === 'deliveries' || event.kind === 'results') buffers.push(event.rows.data.buffer as ArrayBuffer);
  }
  return buffers;
}

if (parentPort === null) throw new InvariantError('io-thread.js runs in a worker thread only');
start(parentPort);
