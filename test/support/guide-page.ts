/**
 * A page of docs/guide as a program. Its blocks of TypeScript are the files that `<!-- file: NAME -->` above them says,
 * several of one name one after the other; what a block prints stands behind its lines as `// → text`, where `…` is any
 * text. Lines of its shell blocks that begin with `npx celeriac` are commands, with `# → text` in the same way. A
 * `GuideProject` is a folder with the files, in which workers, programs and commands run as a reader would run them.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CeleriacProcess, type ProcessEnd } from './celeriac-process.js';
import { projectRoot } from './project.js';

const run = promisify(execFile);
const tsx = join(projectRoot, 'node_modules', 'tsx', 'dist', 'cli.mjs');
const BLOCK = /(?:<!-- file: (\S+) -->\n)?```(\w*)\n([\s\S]*?)```/g;
const COMMAND = 'npx celeriac ';

/** Pages whose every block is run or type-checked. */
export const GUIDE_PAGES = [
  'tasks',
  'calling',
  'results',
  'routing',
  'retry',
  'workers',
  'monitoring',
  'processes',
  'pools',
  'concurrency',
  'limits',
  'recycling',
  'thread-pool',
] as const;

/** What a reader does next: a file that prints something, or a command. */
export type GuideStep =
  | { readonly kind: 'program'; readonly file: string; readonly prints: readonly string[] }
  | { readonly kind: 'command'; readonly args: readonly string[]; readonly prints: readonly string[] };

export class GuidePage {
  readonly name: string;
  readonly text: string;
  /** name → text. */
  readonly files: ReadonlyMap<string, string>;
  /** First lines of blocks of TypeScript that are in no file. */
  readonly loose: readonly string[];
  /** Arguments of the commands that start workers. */
  readonly workers: readonly (readonly string[])[];
  /** All the rest, in the order of the page; a program stands where its last block does. */
  readonly steps: readonly GuideStep[];

  constructor(name: string) {
    this.name = name;
    this.text = readFileSync(join(projectRoot, 'docs', 'guide', `${name}.md`), 'utf8');
    const files = new Map<string, string>();
    const loose: string[] = [];
    const commands: GuideStep[] = [];
    const order: (string | GuideStep)[] = [];
    for (const [, file, language = '', code = ''] of this.text.matchAll(BLOCK)) {
      if (language === 'sh') {
        const found = code.split('\n').filter((line) => line.startsWith(COMMAND));
        commands.push(...found.map(commandOf));
        order.push(...found.map(commandOf));
      } else if (file !== undefined) {
        files.set(file, (files.get(file) ?? '') + code);
        order.push(file);
      } else if (language === 'ts') loose.push(code.split('\n', 1)[0] ?? '');
    }
    this.files = files;
    this.loose = loose;
    this.workers = commands.flatMap((step) => (isWorker(step) ? [step.args] : []));
    const steps = order.map((step, at) => (typeof step !== 'string' || order.lastIndexOf(step) === at ? step : null));
    this.steps = steps.filter((step) => step !== null).flatMap((step) => this.#stepOf(step));
  }

  #stepOf(step: string | GuideStep): readonly GuideStep[] {
    if (typeof step !== 'string') return isWorker(step) ? [] : [step];
    const prints = printed(this.files.get(step) ?? '', '//');
    return prints.length === 0 ? [] : [{ kind: 'program', file: step, prints }];
  }
}

export class GuideProject {
  readonly folder: string;

  constructor(page: GuidePage) {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), `celeriac-guide-${page.name}-`)));
    mkdirSync(join(this.folder, 'node_modules', '@types'), { recursive: true });
    symlinkSync(projectRoot, join(this.folder, 'node_modules', 'celeriac'));
    for (const name of ['zod', '@types/node']) {
      symlinkSync(join(projectRoot, 'node_modules', name), join(this.folder, 'node_modules', name));
    }
    writeFileSync(join(this.folder, 'package.json'), '{ "type": "module" }');
    for (const [name, text] of page.files) writeFileSync(join(this.folder, name), text);
  }

  /** A worker that consumes, started as the page says. */
  async startWorker(args: readonly string[]): Promise<CeleriacProcess> {
    const worker = new CeleriacProcess(args, { cwd: this.folder });
    await worker.ready();
    return worker;
  }

  /** Does what the page says; the lines on standard output. Rejects when it does not end well. */
  async perform(step: GuideStep): Promise<readonly string[]> {
    return step.kind === 'program' ? this.#runProgram(step.file) : this.#runCommand(step.args);
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #runProgram(file: string): Promise<readonly string[]> {
    const { stdout } = await run(process.execPath, [tsx, file], { cwd: this.folder, timeout: 60_000 });
    return linesOf(stdout);
  }

  async #runCommand(args: readonly string[]): Promise<readonly string[]> {
    const command = new CeleriacProcess(args, { cwd: this.folder });
    const { code }: ProcessEnd = await command.end;
    if (code !== 0) throw new Error(`${COMMAND}${args.join(' ')} ended with ${String(code)}:\n${command.stderr}`);
    return linesOf(command.stdout);
  }
}

/** A line of a page as a pattern. */
export function linePattern(line: string): RegExp {
  const parts = line.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`);
}

function commandOf(line: string): GuideStep {
  const [command = ''] = line.slice(COMMAND.length).split(/\s+# /, 1);
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
  return { kind: 'command', args: words, prints: printed(line, '#') };
}

function isWorker(step: GuideStep): step is Extract<GuideStep, { kind: 'command' }> {
  return step.kind === 'command' && step.args.includes('worker');
}

function printed(text: string, mark: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const at = line.indexOf(`${mark} → `);
    return at === -1 ? [] : [line.slice(at + mark.length + 3)];
  });
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}
