/**
 * Entry of a member thread. It opens the lane, serves the program's calls while the program loads, tells the host when it
 * is READY, and ends when the host retires it. It refuses to run anywhere but in a thread that a pool has started.
 */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../../core/kernel/clock.js';
import { PoolError } from '../../../core/kernel/errors.js';
import { armFailpoints } from '../../../core/kernel/failpoint.js';
import type { MemberProgramFactory } from '../../../core/ports/member-program.js';
import { CleanContext } from '../../clean-context.js';
import { Guard } from '../../guard.js';
import { errorText } from '../../error-text.js';
import type { MemberBoot, MemberMessage } from '../messages.js';
import { AwaitedRuns } from './awaited-runs.js';
import { HostLink } from './link.js';
import { MemberLoop } from './loop.js';
import { MemberLane } from './member-lane.js';
import { MemoryWatch } from './memory-watch.js';
import { Outbox } from './outbox.js';
import { forwardOutput } from './output.js';

/** Taken before code of users is loaded, which may replace it (T13): a member that is to end ends. */
const exit: (code: number) => never = process.exit.bind(process);

function send(message: MemberMessage): void {
  parentPort?.postMessage(message);
}

/** By exit and not by a throw: a program that listens to `uncaughtException` would live on without a loop. */
function endBroken(message: MemberMessage): never {
  send(message);
  exit(1);
}

async function closeAndExit(close: () => Promise<void>): Promise<never> {
  try {
    await close();
  } finally {
    exit(0);
  }
}

function bootData(): MemberBoot {
  const data = workerData as Partial<MemberBoot> | null;
  if (isMainThread || data?.kind !== 'celeriac.member') {
    throw new PoolError('this module runs only inside a member of a pool');
  }
  return data as MemberBoot;
}

async function runMember(boot: MemberBoot): Promise<void> {
  armFailpoints(process.env['CELERIAC_FAILPOINT'], boot.index);
  const lane = new MemberLane(boot);
  const outbox = new Outbox(lane);
  const awaited = new AwaitedRuns(lane.status);
  const link = new HostLink(boot, { lane, outbox, awaited });
  let close: () => Promise<void> = () => Promise.resolve();
  const memory = new MemoryWatch({
    status: lane.status,
    limits: boot.memoryLimits,
    clock: systemClock,
    onGrown: (memoryKib, baselineKib) => {
      send({ type: 'celeriac.grown', memoryKib, baselineKib });
    },
  });
  const guard = new Guard(systemClock, {
    strike: () => {
      lane.status.wasInterrupted = true;
      outbox.recover();
    },
    broken: (error) => endBroken({ type: 'celeriac.broken', error: errorText(error) }),
  });
  const loop = new MemberLoop(lane, {
    guard,
    context: new CleanContext(),
    outbox,
    awaited,
    link,
    clock: systemClock,
    memory,
    // exit() rather than an empty event loop: what a task left open must not keep a retired member.
    onBroken: (error) => {
      endBroken({ type: 'celeriac.broken', error: errorText(error) });
    },
    onRetire: () => void closeAndExit(close),
  });
  forwardOutput({ port: boot.outputPort, status: lane.status, ticket: () => loop.currentTicket });
  boot.bellPort.on('message', loop.wake);
  loop.wake();
  try {
    const module = (await import(boot.programUrl)) as { readonly default?: unknown };
    if (typeof module.default !== 'function') {
      throw new PoolError(`${boot.programUrl} has no default export that makes a member program`);
    }
    const program = await (module.default as MemberProgramFactory)(link);
    close = () => program.close();
    memory.begin();
    send({ type: 'celeriac.ready', manifest: program.manifest });
    loop.begin(program);
  } catch (error) {
    endBroken({ type: 'celeriac.load-failed', error: errorText(error) });
  }
}

void runMember(bootData());
