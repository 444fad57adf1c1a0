/** The package as `npm pack` makes it of the build, installed in a folder of its own. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from './project.js';

const execute = promisify(execFile);

/** Runs a program to its end; answers what it printed. @throws when it fails or takes longer than two minutes */
export async function runIn(cwd: string, command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await execute(command, [...args], { cwd, timeout: 120_000 });
  return stdout.trim();
}

/** Makes `folder` a project that has the packed package and these others. */
export async function installPacked(folder: string, others: readonly string[] = []): Promise<void> {
  const packed = await runIn(projectRoot, 'npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]);
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  await runIn(folder, 'npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', `./${filename}`, ...others]);
}
