/** docs/architecture.md and the other pages name files that are there. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { projectRoot } from '../../support/project.js';

/** Paths that a Markdown page links to, without those of the web and without anchors. */
function linksOf(page: string): readonly string[] {
  const text = readFileSync(page, 'utf8');
  return [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

function pages(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}

describe('documentation', () => {
  const all = [
    ...pages(join(projectRoot, 'docs')),
    ...['README.md', 'CONTRIBUTING.md'].map((n) => join(projectRoot, n)),
  ];

  for (const page of all) {
    it(`${page.slice(projectRoot.length + 1)} links to files that exist`, () => {
      const missing = linksOf(page).filter((target) => !existsSync(join(dirname(page), target)));
      assert.deepEqual(missing, []);
    });
  }

  it('the tour names at least one file for each of its steps', () => {
    const tour = readFileSync(join(projectRoot, 'docs', 'architecture.md'), 'utf8');
    const steps = tour.split('\n').filter((line) => /^\| \d+ \|/.test(line));
    assert.ok(steps.length >= 14);
    for (const step of steps) assert.match(step, /\]\(\.\.\/[a-z]+\/.+?\.ts\)/);
  });
});
