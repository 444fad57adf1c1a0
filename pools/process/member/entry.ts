/**
 * Entry of a child process: reads what it is to run, serves the program's calls while the program loads, tells the host
 * when it is READY, and ends when the host retires it or is gone. It refuses to run unless a pool has started it.
 */
import { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import { deserialize, serialize } from 'node:v8';
import { systemClock } from '../../../core/kernel/clock.js';
import { PoolError, SoftTimeLimitExceeded } from '../../../core/kernel/errors.js';
import { armFailpoints } from '../../../core/kernel/failpoint.js';
import type { MemberProgram, MemberProgramFactory } from '../../../core/ports/member-program.js';
import { CleanContext } from '../../clean-context.js';
import { encodeError, FrameKind, FrameReader, NO_TICKET, TASKS_FD, type Frame, type MemberBoot } from '../frame.js';
import { Aborts } from './aborts.js';
import { sendFrame } from './channel.js';
import { PipeLink } from './link.js';
import { Runner } from './runner.js';

/** A terminal or a service manager signals the whole group: when tasks end is for the host to say. */
const IGNORED_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** Taken before code of users is loaded, which may replace it (T13): a child that is to end ends. */
const exit: (code: number) => never = process.exit.bind(process);

type Done = (error?: Error | null) => void;

/** By exit and not by a throw: a program that listens to `uncaughtException` would live on without a loop. */
function endBroken(kind: FrameKind, error: unknown): never {
  sendFrame(kind, {}, encodeError(error));
  exit(1);
}

class Child {
  #link: PipeLink | null = null;
  #runner: Runner | null = null;
  #program: MemberProgram | null = null;

  readonly receive = (frame: Frame): void => {
    switch (frame.kind) {
      case FrameKind.BOOT:
        void this.#boot(deserialize(frame.payload) as MemberBoot);
        break;
      case FrameKind.TASK:
        this.#runner?.run(frame);
        break;
      case FrameKind.REPLY:
        this.#link?.settle(frame);
        break;
      case FrameKind.PING:
        sendFrame(FrameKind.PONG, {});
        break;
      default:
        void this.#retire();
    }
  };

  readonly noteUncaught = (error: Error): void => {
    // The guard's own, on its way to unwind Node's stack: to look at it may run code of users again.
    const isOfGuard = error instanceof SoftTimeLimitExceeded && this.#runner?.wasInterrupted === true;
    if (!isOfGuard) sendFrame(FrameKind.UNCAUGHT, {}, encodeError(error));
  };

  /** As text of the run that prints. What native code writes to the descriptors goes to the host by their own pipes. */
  forwardOutput(): void {
    for (const [name, ref] of [
      ['stdout', 1],
      ['stderr', 2],
    ] as const) {
      const decoder = new StringDecoder('utf8');
      process[name].write = (
        chunk: Uint8Array | string,
        encodingOrDone?: BufferEncoding | Done,
        done?: Done,
      ): boolean => {
        const text = typeof chunk === 'string' ? chunk : decoder.write(Buffer.from(chunk));
        sendFrame(FrameKind.OUTPUT, { id: this.#runner?.currentTicket ?? NO_TICKET, ref }, Buffer.from(text));
        const callback = typeof encodingOrDone === 'function' ? encodingOrDone : done;
        if (callback !== undefined) process.nextTick(callback);
        return true;
      };
    }
  }

  async #boot(boot: MemberBoot): Promise<void> {
    armFailpoints(process.env['CELERIAC_FAILPOINT'], boot.index);
    // Before any code of users is loaded: a module that never ends to load must not outlive its host either.
    const aborts = new Aborts();
    const context = new CleanContext();
    const link = new PipeLink(boot);
    this.#link = link;
    try {
      const module = (await import(boot.programUrl)) as { readonly default?: unknown };
      if (typeof module.default !== 'function') {
        throw new PoolError(`${boot.programUrl} has no default export that makes a member program`);
      }
      const program = await (module.default as MemberProgramFactory)(link);
      this.#program = program;
      this.#runner = new Runner(program, {
        clock: systemClock,
        aborts,
        context,
        watchesMemory: boot.watchesMemory,
        onBroken: (error) => {
          endBroken(FrameKind.BROKEN, error);
        },
      });
      sendFrame(FrameKind.READY, {}, serialize(program.manifest));
    } catch (error) {
      endBroken(FrameKind.LOAD_FAILED, error);
    }
  }

  /** exit() rather than an empty event loop: what a task left open must not keep a retired child. */
  async #retire(): Promise<void> {
    try {
      await this.#program?.close();
    } finally {
      exit(0);
    }
  }
}

function openPipe(onFrame: (frame: Frame) => void): void {
  const reader = new FrameReader(onFrame);
  const pipe = new Socket({ fd: TASKS_FD, readable: true, writable: false });
  pipe.on('data', (chunk: Buffer) => {
    reader.push(chunk);
  });
  // The host is gone: nobody would hear of what is done from here on.
  const onHostGone = (): void => exit(1);
  pipe.on('end', onHostGone);
  pipe.on('error', onHostGone);
}

function main(): void {
  if (process.env['CELERIAC_MEMBER'] !== '1') throw new PoolError('this module runs only inside a member of a pool');
  // Not for the processes that a task starts.
  delete process.env['CELERIAC_MEMBER'];
  for (const signal of IGNORED_SIGNALS) process.on(signal, () => undefined);
  const child = new Child();
  process.on('uncaughtExceptionMonitor', child.noteUncaught);
  child.forwardOutput();
  openPipe(child.receive);
}

main();
