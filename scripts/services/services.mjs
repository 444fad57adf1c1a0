/**
 * Starts, stops and shows one service. What runs is written into `<folder>/<name>/service.json`: its URL, its variables and its
 * processes. `CELERIAC_SERVICES_FOLDER` names another folder than `.celeriac/services` of the project.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { projectRoot } from '../test-files.mjs';
import { installPackage, mayInstall } from './debian.mjs';
import { kindNamed } from './kinds.mjs';
import { endGroup, isRunning, startGroup } from './process-group.mjs';
import { freePorts } from './socket.mjs';

const PING_MS = 2_000;
const PAUSE_MS = 100;
const STOP_MS = 30_000;

/** The service's URL is in the environment, or is that of ours. @throws when it cannot be started, and why */
export async function startService(name) {
  const kind = kindNamed(name);
  const known = await describeService(name);
  if (known.isThere) return known;
  if (process.env[kind.variable] !== undefined) throw new Error(known.line.slice(`${name}: `.length));
  await stopService(name);
  const program = programOf(kind);
  const folder = folderOf(name);
  mkdirSync(folder, { recursive: true });
  const free = await freePorts(kind.ports.length);
  const ports = Object.fromEntries(kind.ports.map((port, n) => [port, free[n]]));
  const { processes, url, variables } = kind.plan({ program, folder, ports });
  const groups = [];
  const record = { url, variables: { [kind.variable]: url, ...variables }, groups };
  for (const each of processes) {
    groups.push(await startGroup(each, join(folder, 'output.log')));
    // After each: whatever happens next, `stop` knows what to end.
    writeFileSync(join(folder, 'service.json'), JSON.stringify(record, null, 2));
  }
  try {
    await answers(kind, record);
  } catch (error) {
    const said = readFileSync(join(folder, 'output.log'), 'utf8').trim().split('\n').slice(-5).join('\n');
    await stopService(name);
    throw new Error(`it did not start: ${error.message}\n${said}`, { cause: error });
  }
  return describeService(name);
}

/** Ends ours, and removes what it has written. */
export async function stopService(name) {
  const record = recordOf(name);
  const wasRunning = record !== null && record.groups.some(isRunning);
  // The last one first: it uses the others.
  for (const group of [...(record?.groups ?? [])].reverse()) await endGroup(group, STOP_MS);
  rmSync(folderOf(name), { recursive: true, force: true });
  return { isThere: false, line: `${name}: ${wasRunning ? 'stopped' : 'is not running'}` };
}

/** Whether it is there, one line about it, and its variables. */
export async function describeService(name) {
  const kind = kindNamed(name);
  const given = process.env[kind.variable];
  const record = given === undefined ? recordOf(name) : { url: given, variables: {}, groups: [] };
  if (record === null) return { isThere: false, line: `${name}: is not running`, variables: {} };
  const whose = given === undefined ? `ours, process ${record.groups.at(-1).pid}` : `named by ${kind.variable}`;
  try {
    await kind.ping(record.url, PING_MS);
  } catch (error) {
    return { isThere: false, line: `${name}: does not answer (${whose}): ${error.message}`, variables: {} };
  }
  const exports = Object.entries(record.variables).map(([variable, value]) => `export ${variable}='${value}'`);
  return { isThere: true, line: `${name}: ${shown(record.url)} (${whose})`, exports, variables: record.variables };
}

async function answers(kind, { url, groups }) {
  const endMs = performance.now() + kind.startsWithinMs;
  for (;;) {
    if (!groups.every(isRunning)) throw new Error('it has ended');
    try {
      await kind.ping(url, PING_MS);
      return;
    } catch (error) {
      if (performance.now() >= endMs) throw error;
      await pause(PAUSE_MS);
    }
  }
}

/** @throws with the package's name when it is not installed, and may not be */
function programOf(kind) {
  const found = () => kind.program.find((path) => existsSync(path));
  if (found() === undefined && mayInstall()) installPackage(kind.debianPackage);
  const program = found();
  if (program !== undefined) return program;
  throw new Error(
    `it is not installed. On Debian and Ubuntu: apt-get install ${kind.debianPackage}; or name a server in ${kind.variable}`,
  );
}

function folderOf(name) {
  const root = process.env['CELERIAC_SERVICES_FOLDER'];
  return root === undefined ? join(projectRoot, '.celeriac', 'services', name) : join(resolve(root), name);
}

function recordOf(name) {
  try {
    return JSON.parse(readFileSync(join(folderOf(name), 'service.json'), 'utf8'));
  } catch {
    return null;
  }
}

/** Without its password. */
function shown(url) {
  return url.replace(/:[^:@/]*@/, ':***@');
}
