/** A member program for tests of child processes: ways to die that would take a thread's process with them. */
import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import type { MemberLink, MemberOutcome, MemberProgram } from '../../../core/ports/member-program.js';

function text(value: unknown): MemberOutcome {
  return { kind: 1, payload: Buffer.from(JSON.stringify(value)) };
}

const never = new Promise<MemberOutcome>(() => undefined);
const hoard: Buffer[] = [];

const acts: Readonly<Record<string, (argument: string) => MemberOutcome | Promise<MemberOutcome>>> = {
  pid: () => text(process.pid),
  signal: (name) => {
    process.kill(process.pid, name);
    return never;
  },
  abort: () => process.abort(),
  hold: () => never,
  loop: () => {
    for (;;);
  },
  /** Waits for a promise, and computes for ever before it has read what comes next. */
  'loop-later': async () => {
    await new Promise(setImmediate);
    for (;;);
  },
  /** Keeps so many MB and touches them. */
  hoard: (megabytes) => {
    hoard.push(Buffer.alloc(Number(megabytes) * 2 ** 20, 1));
    return text(process.pid);
  },
  options: () => text({ execArgv: process.execArgv, member: process.env['CELERIAC_MEMBER'] ?? null }),
  /** A process of its own that outlives it and holds its stdout and stderr. */
  'leave-behind': () => {
    spawn('sleep', ['3'], { stdio: 'inherit', detached: true }).unref();
    return process.exit(7);
  },
  /** From a process: Node's own streams know nothing of it. */
  natively: async (words) => {
    const echo = spawn('echo', [words], { stdio: 'inherit' });
    await new Promise((resolve) => echo.on('exit', resolve));
    return text('said');
  },
  prints: async (words) => {
    process.stdout.write(words);
    await new Promise(setImmediate);
    process.stderr.write(words);
    return text('printed');
  },
  scribble: () => {
    writeSync(4, 'what no member writes, and more of it than a header has');
    return never;
  },
};

/** What is wrong with this program, from the environment of the member: a test may change it for later ones. */
function failAsAsked(): void {
  const fault = process.env['MORTAL_FAULT'];
  if (fault === 'throws') throw new Error('no program today');
  if (fault !== 'loops') return;
  process.stdout.write('loading');
  for (;;);
}

export default function createProgram(link: MemberLink): MemberProgram {
  failAsAsked();
  return {
    manifest: link.index,
    run: ({ head }) => {
      const [name = '', argument = ''] = head.split(':');
      const act = acts[name];
      if (act === undefined) throw new Error(`no act "${name}"`);
      return act(argument);
    },
    close: () => Promise.resolve(),
  };
}
