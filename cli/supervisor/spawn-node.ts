/**
 * Starts the process of a node: the command of this process once more, with its charge in the environment and a pipe to
 * its supervisor. It has a process group of its own, so that Ctrl-C in a terminal reaches it through the supervisor alone,
 * once. It writes to our streams itself: no line waits for us.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { ExitCode } from '../exit-code.js';
import { CHARGE_VARIABLE, type NodeCharge } from './node-messages.js';
import type { SpawnNode } from './supervised-node.js';

/** Longest time for the end of the pipe after that of the process, ms. */
const LAST_WORDS_MS = 500;

/** No process: the system has no memory or no room for it, and may have some later. */
const NO_NODE = { pid: 0, kill: () => undefined, send: () => undefined };

/** @param folder in which the command was given. */
export function nodeSpawner(folder: string): SpawnNode {
  return (charge, listener) => {
    const child = start(charge, folder);
    if (child === null) {
      process.nextTick(() => {
        listener.onExit(ExitCode.FAILURE, null);
      });
      return NO_NODE;
    }
    child.on('message', (message) => {
      listener.onMessage(message);
    });
    child.once('exit', (code, signal) => {
      const tell = (): void => {
        clearTimeout(timer);
        child.off('disconnect', tell);
        // Held open by a process of a task: ours need not be.
        if (child.connected) child.disconnect();
        listener.onExit(code, signal);
      };
      // What it has said last may still be in the pipe; one that somebody else holds open is not waited for.
      const timer = setTimeout(tell, child.connected ? LAST_WORDS_MS : 0);
      child.once('disconnect', tell);
    });
    child.on('error', () => {
      // A message to one that has just died is lost, its end is told by `exit`; only a process that never was has none.
      if (child.pid === undefined) listener.onExit(ExitCode.FAILURE, null);
    });
    return {
      pid: child.pid ?? 0,
      kill: (signal) => {
        child.kill(signal);
      },
      send: (message) => {
        if (child.connected) child.send(message);
      },
    };
  };
}

/** Some errors of the system are emitted, ENOMEM and E2BIG are thrown: neither may end whoever looks after the others. */
function start(charge: NodeCharge, folder: string): ChildProcess | null {
  try {
    return spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
      cwd: folder,
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, [CHARGE_VARIABLE]: JSON.stringify(charge) },
    });
  } catch {
    return null;
  }
}
