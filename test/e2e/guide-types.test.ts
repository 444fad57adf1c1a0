/** The blocks of the guide compile against the package as its users see it. Its own file: the compiler blocks a process. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GUIDE_PAGES, GuidePage } from '../support/guide-page.js';
import { typeErrors } from '../support/guide-types.js';

describe('the pages of the guide', () => {
  const pages = GUIDE_PAGES.map((name) => new GuidePage(name));

  it('have no block of TypeScript that is in no file', () => {
    assert.deepEqual(
      pages.flatMap(({ name, loose }) => loose.map((line) => `${name}: ${line}`)),
      [],
    );
  });

  it('compile', () => {
    assert.deepEqual(typeErrors(pages), []);
  });

  it('are short', () => {
    for (const { name, text } of pages) assert.ok(text.split('\n').length <= 250, name);
  });
});
