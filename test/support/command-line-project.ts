/** A project on disk for tests of the command line: an app on a file of its own, and the `celeriac` of this build. */
import { execFile } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CeleriacProcess } from './celeriac-process.js';
import { distRoot } from './project.js';

const bin = join(distRoot, 'cli', 'main.js');

/** Address of the package in this build. */
const celeriac = pathToFileURL(join(distRoot, 'core', 'app', 'public.js')).href;

function appModule(): string {
  return `
import { threadId } from 'node:worker_threads';
import { Celeriac } from '${celeriac}';

export const app = new Celeriac('line', { brokerUrl: 'sqlite://./q.db', resultBackend: 'sqlite://./q.db', redisPassword: 'hidden' });
app.task('add', (a, b) => a + b);
app.task('thread', () => threadId);
const kept = [];
app.task('keep', (megabytes) => {
  kept.push(Buffer.alloc(megabytes * 1e6, 1));
  return threadId;
});
app.task('party', async (size) => {
  const channel = new BroadcastChannel('party');
  const members = new Set([threadId]);
  await new Promise((resolve) => {
    channel.onmessage = ({ data }) => {
      if (members.has(data) && members.size >= size) return;
      members.add(data);
      channel.postMessage(threadId);
      if (members.size >= size) resolve();
    };
    channel.postMessage(threadId);
  });
  channel.close();
  return members.size;
});
app.task('loaded', () => globalThis.loadedModules ?? []);
app.task('conf', (...names) => Object.fromEntries(names.map((name) => [name, app.conf[name]])));
app.task('holds', () => new Promise(() => undefined));
app.task('waits', { bind: true }, async (ctx) => {
  await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
  return ctx.signal.reason.name;
});
`;
}

export interface CommandEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ReportedSetting {
  readonly value: unknown;
  readonly source: string;
}

export class CommandLineProject {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'celeriac-line-')));

  constructor() {
    this.write('package.json', '{"type": "module"}');
    this.write('tasks.js', appModule());
    this.write('more.js', `(globalThis.loadedModules ??= []).push('more');\n`);
  }

  /** What its modules import as celeriac. */
  get celeriac(): string {
    return celeriac;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): void {
    writeFileSync(this.path(name), text);
  }

  /** Runs a command to its end, in the folder. */
  run(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandEnd> {
    const options = { cwd: this.folder, env: { ...process.env, ...env }, timeout: 60_000 };
    return new Promise((resolve) => {
      execFile(process.execPath, [bin, ...words], options, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
      });
    });
  }

  /** The settings that `report` shows. */
  async report(
    words: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Record<string, ReportedSetting>> {
    const { stdout, stderr } = await this.run([...words, 'report', '--json'], env);
    if (stdout === '') throw new Error(stderr);
    return (JSON.parse(stdout) as { settings: Record<string, ReportedSetting> }).settings;
  }

  /** The result of a task, which a worker runs. */
  async call(task: string, args: readonly unknown[] = [], queue = 'celery'): Promise<unknown> {
    const words = ['-A', 'tasks.js', 'call', task, '-a', JSON.stringify(args), '--queue', queue];
    const { stdout, stderr } = await this.run([...words, '--wait', '--timeout', '30']);
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as unknown;
  }

  /** Starts a command that stays. */
  start(words: readonly string[], env: Readonly<Record<string, string>> = {}, detached = false): CeleriacProcess {
    return new CeleriacProcess(words, { cwd: this.folder, bin, env, detached });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
