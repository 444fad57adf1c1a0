/** docs/errors.md and the code say the same errors, codes, reasons and warnings, in both directions. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as celeryNames from '../../../core/kernel/celery-names.js';
import * as kernel from '../../../core/kernel/errors.js';
import { PublishRefusal } from '../../../core/ports/publish-refusal.js';
import * as controlFlow from '../../../core/task/control-flow.js';
import { projectRoot } from '../../support/project.js';

const page = readFileSync(join(projectRoot, 'docs', 'errors.md'), 'utf8');
const source = (...path: readonly string[]): string => readFileSync(join(projectRoot, ...path), 'utf8');

type ErrorClass = (abstract new (...args: never[]) => Error) & { readonly code?: string };

/** Rows of the tables below a heading, as cells without the marks of code and depth. */
function rowsBelow(heading: string): readonly (readonly string[])[] {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const lines = (section.split('\n## ', 1)[0] ?? '').split('\n').filter((line) => line.startsWith('| '));
  const rows = lines.map((line) => line.split('|').map((cell) => cell.trim().replaceAll(/[`·]/g, '').trim()));
  return rows
    .map((cells) => cells.slice(1, -1))
    .filter(([first]) => !/^(class|code|reason|warning)$/.test(first ?? ''));
}

function errorClasses(module: object): ReadonlyMap<string, ErrorClass> {
  const values = Object.entries(module) as readonly (readonly [string, unknown])[];
  return new Map(values.filter((entry): entry is [string, ErrorClass] => isErrorClass(entry[1])));
}

function isErrorClass(value: unknown): value is ErrorClass {
  return typeof value === 'function' && value.prototype instanceof Error;
}

/** Members of a union of strings in the source; a union that is named in it is not followed. */
function unionOf(text: string, name: string): readonly string[] {
  const declared = new RegExp(`export type ${name} =([^;]*);`).exec(text)?.[1] ?? '';
  return [...declared.matchAll(/'([a-z-]+)'/g)].map(([, member = '']) => member);
}

/** `emitWarning(…, { type: 'X' })` in what users run. */
function warningsOfCode(): ReadonlySet<string> {
  const rooms = ['core', 'pools', 'clients', 'transports', 'backends', 'cli', 'testing'];
  const files = rooms.flatMap((room) =>
    readdirSync(join(projectRoot, room), { recursive: true, encoding: 'utf8' }).map((name) => join(room, name)),
  );
  const texts = files.filter((name) => name.endsWith('.ts')).map((name) => source(name));
  const calls = texts.flatMap((text) => [...text.matchAll(/emitWarning\([\s\S]*?type: '(\w+)'/g)]);
  return new Set(calls.map(([, type = '']) => type));
}

describe('docs/errors.md', () => {
  const classRows = rowsBelow('Classes').filter(([name]) => !name?.startsWith('CLR_'));

  it('has every class of errors.ts with its code, and no other', () => {
    const said = Object.fromEntries(classRows.map(([name = '', code]) => [name, code]));
    const classes = [...errorClasses(kernel)];
    assert.deepEqual(said, Object.fromEntries(classes.map(([name, { code }]) => [name, code])));
  });

  it('shows each class below its base', () => {
    const classes = errorClasses(kernel);
    const path: string[] = [];
    for (const line of page.split('\n')) {
      const [, dots = '', name = ''] = /^\| ((?:· )*)`(\w+)` \| `CLR_/.exec(line) ?? [];
      if (name === '') continue;
      const depth = dots.length / 2;
      path.splice(depth, path.length, name);
      const base = Object.getPrototypeOf(classes.get(name)) as { readonly name: string };
      assert.equal(depth === 0 ? 'Error' : path[depth - 1], base.name, name);
    }
  });

  it('says of each class what to do, or that nothing is to be done', () => {
    for (const cells of classRows) assert.equal(cells.length, 5, cells.join(' | '));
    for (const [name, , , means] of classRows) assert.notEqual(means, '', name);
  });

  it("has Celery's names", () => {
    const pairs = Object.entries(celeryNames).map(([alias, { name }]) => `\`${alias}\` is \`${name}\``);
    const said = [...page.matchAll(/`[A-Z]\w+`\s+is\s+`\w+`/g)].map(([text]) => text.replaceAll(/\s+/g, ' '));
    assert.deepEqual(said.sort(), pairs.sort());
  });

  it('has the codes of a broker that refuses', () => {
    const said = rowsBelow('Classes').flatMap(([code = '']) => (code.startsWith('CLR_') ? [code] : []));
    assert.deepEqual(said, Object.values(PublishRefusal));
  });

  it('has what a task throws to steer itself', () => {
    const said = rowsBelow('What a task throws to steer itself').map(([name]) => name);
    assert.deepEqual(said.sort(), [...errorClasses(controlFlow).keys()].sort());
  });

  it('has every reason of a dead letter', () => {
    const said = rowsBelow('Dead letters').map(([reason]) => reason);
    const ofMessages = unionOf(source('core', 'kernel', 'errors.ts'), 'ProtocolReason');
    const ofWorkers = unionOf(source('core', 'worker', 'dead-letter.ts'), 'DeathReason');
    assert.ok(ofMessages.length > 15 && ofWorkers.length > 5);
    assert.deepEqual(said.sort(), [...new Set([...ofMessages, ...ofWorkers])].sort());
  });

  it('has every warning', () => {
    const said = rowsBelow('Warnings').map(([name]) => name);
    assert.deepEqual(said.sort(), [...warningsOfCode()].sort());
  });
});
