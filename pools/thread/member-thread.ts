/** Starts the thread of a member: what it is told and the limits under which it runs. The host calls it, once an epoch. */
import { Worker, type ResourceLimits } from 'node:worker_threads';
import type { Lane } from './lane.js';
import { startWithFlags } from './thread-flags.js';
import type { MemberBoot, MemoryLimits } from './messages.js';

export interface MemberThreadOptions {
  readonly index: number;
  readonly epoch: number;
  readonly entryUrl: URL;
  readonly programUrl: string;
  readonly data: unknown;
  readonly memoryLimits: MemoryLimits;
  readonly resourceLimits: ResourceLimits;
  readonly env: NodeJS.ProcessEnv;
  readonly execArgv: readonly string[] | null;
}

/** @throws what Node throws for options that it refuses, data that cannot be cloned, or when there is no thread. */
export function startMemberThread(options: MemberThreadOptions, lane: Lane): Worker {
  const boot: MemberBoot = {
    kind: 'celeriac.member',
    index: options.index,
    epoch: options.epoch,
    memory: lane.buffer,
    sizes: lane.sizes,
    bellPort: lane.memberPorts.bell,
    bulkPort: lane.memberPorts.bulk,
    outputPort: lane.memberPorts.output,
    programUrl: options.programUrl,
    data: options.data,
    memoryLimits: options.memoryLimits,
  };
  return startWithFlags(
    options.execArgv,
    ({ execArgv }) =>
      new Worker(options.entryUrl, {
        name: `celeriac-member-${String(options.index)}`,
        workerData: boot,
        transferList: [boot.bellPort, boot.bulkPort, boot.outputPort],
        resourceLimits: options.resourceLimits,
        env: options.env,
        ...(execArgv === undefined ? {} : { execArgv }),
      }),
  );
}
