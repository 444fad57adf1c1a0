/**
 * Parcels: values that are given away, or that hold shared memory, and so cannot be bytes. The value is posted with its transfer list into a port of its own at
 * once, so whoever gives learns at once what cannot be cloned, and the bytes are detached at once; the other port is the
 * parcel. It travels with a job or an outcome and holds its one message until it is opened. Host and member.
 */
import { MessageChannel, receiveMessageOnPort, type MessagePort, type Transferable } from 'node:worker_threads';
import { ProtocolError } from '../../core/kernel/errors.js';

/** @throws DataCloneError for what cannot be cloned, or given away. */
export function packParcel(value: unknown, transferList: readonly Transferable[] = []): MessagePort {
  const { port1, port2 } = new MessageChannel();
  try {
    port1.postMessage(value, transferList);
  } catch (error) {
    port2.close();
    throw error;
  }
  // The message stays where it is; nobody else will write.
  port1.unref();
  port2.unref();
  return port2;
}

/** The value of a parcel, which is used up by it. */
export function openParcel(parcel: MessagePort): unknown {
  const received = receiveMessageOnPort(parcel) as { readonly message: unknown } | undefined;
  parcel.close();
  if (received === undefined) throw new ProtocolError('a parcel is empty');
  return received.message;
}
