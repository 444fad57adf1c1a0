/** Processes that outlive the command that started them: each is the leader of its group, and ends with all of it. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const LOOK_MS = 50;

/** Starts one; what it prints is added to the file. Answers what `isRunning` and `endGroup` need. */
export async function startGroup({ program, args, env }, logPath) {
  const log = openSync(logPath, 'a');
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  await new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.unref();
  return { pid: child.pid, born: birthOf(child.pid) };
}

/** Whether it is the process that was started, and not another that has its number by now. */
export function isRunning({ pid, born }) {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return birthOf(pid) === born;
}

/** Asks it to end, and after the time ends the whole group. */
export async function endGroup(group, timeoutMs) {
  if (!isRunning(group)) return;
  process.kill(group.pid, 'SIGTERM');
  const endMs = performance.now() + timeoutMs;
  while (isRunning(group) && performance.now() < endMs) await pause(LOOK_MS);
  try {
    process.kill(-group.pid, 'SIGKILL');
  } catch {
    // Nobody of it is left.
  }
}

/** When it was started, where the system tells. A zombie counts as gone. */
function birthOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? 'gone' : fields[18];
  } catch {
    return process.platform === 'linux' ? 'gone' : 'unknown';
  }
}
