/**
 * A small thread of each child that reads the control pipe while the child's main thread computes: it passes aborts on
 * through a port that a synchronous loop can look into, and ends the process when the host is gone, whatever the main
 * thread is doing. It runs no user code.
 */
import { Socket } from 'node:net';
import { workerData, type MessagePort } from 'node:worker_threads';
import { CONTROL_FD, FrameReader } from '../frame.js';

/** Of which the main thread holds the other end. */
export interface SentinelData {
  readonly port: MessagePort;
}

/** What the port carries. */
export interface AbortNotice {
  readonly ticket: number;
  readonly reason: number;
}

function watch({ port }: SentinelData): void {
  const reader = new FrameReader(({ id, ref }) => {
    const notice: AbortNotice = { ticket: id, reason: ref };
    port.postMessage(notice);
  });
  const pipe = new Socket({ fd: CONTROL_FD, readable: true, writable: false });
  pipe.on('data', (chunk: Buffer) => {
    reader.push(chunk);
  });
  // exit() would end this thread alone, and wait for what native code of the main thread does.
  const onHostGone = (): void => {
    process.kill(process.pid, 'SIGKILL');
  };
  pipe.on('end', onHostGone);
  pipe.on('error', onHostGone);
}

watch(workerData as SentinelData);
