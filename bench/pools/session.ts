/** A contender's session: here, or in a process of its own that opens it there; both look the same. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BenchContext } from '../harness/bench-case.js';
import { PoolError } from '../../core/kernel/errors.js';
import type { Contender } from './contender.js';
import type { PoolWorkload, Readings, Session } from './pool-workload.js';

const programPath = fileURLToPath(new URL('./session-process.js', import.meta.url));

/** What session-process.ts answers to each message, and once when it is ready. */
export type SessionReply = { readonly readings: Readings } | { readonly failure: string };

export async function openLocalSession(
  workload: PoolWorkload,
  contender: Contender,
  context: Pick<BenchContext, 'size' | 'log'>,
): Promise<Session> {
  const createPool = await contender.load((line) => {
    context.log(line);
  });
  return workload.open({ contender, createPool, size: (full, quick) => context.size(full, quick) });
}

/** @throws PoolError when the pool cannot be opened there. */
export async function openRemoteSession(
  workload: PoolWorkload,
  contender: Contender,
  { isQuick }: Pick<BenchContext, 'isQuick'>,
): Promise<Session> {
  const args = [workload.name, contender.id, isQuick ? 'quick' : 'full'];
  const child = fork(programPath, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const session = new RemoteSession(child);
  await session.ready();
  return session;
}

class RemoteSession implements Session {
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  async ready(): Promise<void> {
    await this.#answer();
  }

  sample(): Promise<Readings> {
    const answer = this.#answer();
    this.#child.send('sample');
    return answer;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  #answer(): Promise<Readings> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null, signal: string | null): void => {
        this.#child.off('message', onMessage);
        reject(new PoolError(`its process ended with ${String(code ?? signal)}`));
      };
      const onMessage = (reply: SessionReply): void => {
        this.#child.off('exit', onExit);
        if ('failure' in reply) reject(new PoolError(reply.failure));
        else resolve(reply.readings);
      };
      this.#child.once('message', onMessage);
      this.#child.once('exit', onExit);
    });
  }
}
