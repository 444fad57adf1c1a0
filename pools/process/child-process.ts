/**
 * Starts the process of a member: its pipes, its environment, and what it does not inherit. Host thread.
 *
 * `spawn` and not `fork`: its IPC channel speaks JSON and would be a second way between the two.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { PoolError } from '../../core/kernel/errors.js';
import { CONTROL_FD, OUTCOMES_FD, TASKS_FD } from './frame.js';

export interface ChildOptions {
  readonly index: number;
  readonly entryUrl: URL;
  readonly env: NodeJS.ProcessEnv;
  /** Node options of the child. */
  readonly execArgv: readonly string[];
  /** Heap limit, MB; null leaves it to Node. */
  readonly maxHeapMb: number | null;
}

export interface ChildPipes {
  readonly process: ChildProcess;
  readonly tasks: Duplex;
  readonly outcomes: Duplex;
  readonly control: Duplex;
  readonly output: readonly [Readable, Readable];
}

/** Keeps Node from ending a process when code was interrupted inside a callback of C++ (pools/async-stack.ts). */
const OWN_FLAGS = ['--no-force-async-hooks-checks'];

/** @throws what Node throws for options that it refuses, PoolError without descriptors; a process that cannot be started emits `error`. */
export function startChild({ index, entryUrl, env, execArgv, maxHeapMb }: ChildOptions): ChildPipes {
  const heap = maxHeapMb === null ? [] : [`--max-old-space-size=${String(maxHeapMb)}`];
  // The last argument is for whoever lists processes.
  const own = OWN_FLAGS.filter((flag) => process.allowedNodeEnvironmentFlags.has(flag));
  const args = [...execArgv, ...own, ...heap, fileURLToPath(entryUrl), `celeriac-member-${String(index)}`];
  const child = spawn(process.execPath, args, {
    env: { ...env, CELERIAC_MEMBER: '1' },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
  // Here and not later: without descriptors it has no pipes and is given up below, and the event would end the host.
  child.on('error', () => undefined);
  // Its type knows five; these are sockets, both ways.
  const stdio = child.stdio as unknown as readonly Duplex[] | undefined;
  if (stdio === undefined) throw new PoolError('the system has no file descriptors left (EMFILE)');
  const [, stdout, stderr] = stdio as readonly [null, Duplex, Duplex];
  const pipes: ChildPipes = {
    process: child,
    tasks: stdio[TASKS_FD] as Duplex,
    outcomes: stdio[OUTCOMES_FD] as Duplex,
    control: stdio[CONTROL_FD] as Duplex,
    output: [stdout, stderr],
  };
  for (const pipe of [pipes.tasks, pipes.outcomes, pipes.control, ...pipes.output]) {
    // EPIPE of a child that is gone: its exit tells.
    pipe.on('error', () => undefined);
    // The pool keeps the process alive while there is work, not each of its children.
    (pipe as { unref?: () => void }).unref?.();
  }
  child.unref();
  return pipes;
}

/** Debuggers listen on one port, and a child would ask for the same; `-e` would run the host's program text again. */
const NOT_INHERITED = /^--inspect|^--debug|^--test(=|$|-)|^(-e|--eval|-p|--print|-pe|-i|--interactive|-c|--check)$/;
/** Their value may look like an option. */
const TAKES_ANY_VALUE: ReadonlySet<string> = new Set(['-e', '--eval', '-p', '--print', '-pe']);

/** What a child takes over of the host's Node options, which stand before any program: a word without a dash is a value. */
export function inheritedExecArgv(execArgv: readonly string[]): readonly string[] {
  const inherited: string[] = [];
  let isDropped = false;
  for (const [at, word] of execArgv.entries()) {
    const isValue = at > 0 && (!word.startsWith('-') || TAKES_ANY_VALUE.has(execArgv[at - 1] ?? ''));
    if (!isValue) isDropped = NOT_INHERITED.test(word);
    if (!isDropped) inherited.push(word);
  }
  return inherited;
}

/** The environment without an inspector in `NODE_OPTIONS`. */
export function inheritedEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: options } = env;
  if (options?.includes('--inspect') !== true) return env;
  const others = options.split(/\s+/).filter((option) => !option.startsWith('--inspect'));
  return { ...env, NODE_OPTIONS: others.join(' ') };
}
