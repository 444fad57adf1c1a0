/**
 * Sends what the member's code prints to the host as messages. Node's own way (`stdout: true` and a listener) keeps the
 * process alive as long as the thread lives, and loses what was printed just before `process.exit()`.
 */
import { StringDecoder } from 'node:string_decoder';

type SendOutput = (stream: 'stdout' | 'stderr', text: string) => void;
type Done = (error?: Error | null) => void;

/** Called once, before any user code runs. */
export function forwardOutput(send: SendOutput): void {
  for (const name of ['stdout', 'stderr'] as const) {
    const decoder = new StringDecoder('utf8');
    const write = (chunk: Uint8Array | string, encodingOrDone?: BufferEncoding | Done, done?: Done): boolean => {
      send(name, typeof chunk === 'string' ? chunk : decoder.write(Buffer.from(chunk)));
      const callback = typeof encodingOrDone === 'function' ? encodingOrDone : done;
      if (callback !== undefined) process.nextTick(callback);
      return true;
    };
    process[name].write = write;
  }
}
