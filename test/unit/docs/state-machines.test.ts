/** docs/state-machines.md draws every transition table of the source, edge by edge. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { requestTransitions } from '../../../core/worker/request-state.js';
import { workerTransitions } from '../../../core/worker/worker-state.js';
import { projectRoot } from '../../support/project.js';

const ROOMS = ['core', 'pools', 'clients', 'transports', 'backends', 'cli'];

/** Path of the file → its edges, `from --> to`, sorted. */
type Edges = ReadonlyMap<string, readonly string[]>;

function edgesOfTable(table: Readonly<Record<string, readonly string[]>>): readonly string[] {
  return Object.entries(table)
    .flatMap(([from, states]) => states.map((to) => `${from} --> ${to}`))
    .sort();
}

/** The tables as they are written, so that one that nobody exports is found too. */
function edgesInSource(): Edges {
  const paths = ROOMS.flatMap((room) =>
    readdirSync(join(projectRoot, room), { recursive: true, encoding: 'utf8' }).map((name) => join(room, name)),
  ).filter((path) => path.endsWith('.ts'));
  const edges = new Map<string, readonly string[]>();
  for (const path of paths) {
    const text = readFileSync(join(projectRoot, path), 'utf8');
    for (const [, body = ''] of text.matchAll(/: TransitionTable<\w+> = \{(.*?)\n\};/gs)) {
      const rows = [...body.matchAll(/^\s+(\w+): \[(.*?)\]/gms)];
      const table = rows.map(([, from = '', to = '']) => [
        from,
        [...to.matchAll(/'(\w+)'/g)].map(([, name = '']) => name),
      ]);
      edges.set(path, edgesOfTable(Object.fromEntries(table) as Record<string, string[]>));
    }
  }
  return edges;
}

function edgesInPage(): Edges {
  const page = readFileSync(join(projectRoot, 'docs', 'state-machines.md'), 'utf8');
  const sections = page.split(/^## /m).slice(1);
  return new Map(
    sections.map((section) => {
      const path = /\]\(\.\.\/(.+?)\)/.exec(section)?.[1] ?? '';
      const drawn = /```mermaid\nstateDiagram-v2\n(.*?)```/s.exec(section)?.[1] ?? '';
      const edges = drawn.split('\n').map((line) => line.trim());
      return [path, edges.filter((edge) => edge !== '').sort()];
    }),
  );
}

test('every transition table is drawn, with its edges and no others', () => {
  const source = edgesInSource();
  const page = edgesInPage();
  assert.deepStrictEqual([...page.keys()].sort(), [...source.keys()].sort());
  for (const [path, edges] of source) assert.deepStrictEqual(page.get(path), edges, path);
});

test('the tables are read from the source as the program has them', () => {
  const source = edgesInSource();
  assert.deepStrictEqual(source.get('core/worker/request-state.ts'), edgesOfTable(requestTransitions));
  assert.deepStrictEqual(source.get('core/worker/worker-state.ts'), edgesOfTable(workerTransitions));
});

test('every state can be reached, and leads to an end', () => {
  for (const table of [requestTransitions, workerTransitions] as const) {
    const next: Readonly<Record<string, readonly string[]>> = table;
    const [first = ''] = Object.keys(next);
    const reached = new Set([first]);
    for (const state of reached) for (const to of next[state] ?? []) reached.add(to);
    assert.deepStrictEqual([...reached].sort(), Object.keys(next).sort());
    assert.deepStrictEqual(Object.values(next).filter((states) => states.length === 0).length, 1);
  }
});
