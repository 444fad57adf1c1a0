/** The tables of docs/guide/retry.md are what the acknowledgement matrix and the back-off say. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { resolveTaskOptions } from '../../../core/task/resolve-task-options.js';
import { backoffSeconds } from '../../../core/task/retry-policy.js';
import { ACK_MATRIX, type Cell, type MatrixRow } from '../../../core/worker/ack-matrix.js';
import { projectRoot } from '../../support/project.js';

const page = readFileSync(join(projectRoot, 'docs', 'guide', 'retry.md'), 'utf8');
const cellsOf = (line: string): readonly string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

const WORDS: Readonly<Record<Cell, string>> = {
  ack: 'acknowledged',
  'dead-letter': 'dead letter',
  again: 'delivered again, counted',
  back: 'delivered again',
};

/** The cell with the defaults of `safe`, and the one that an option changes it to. */
function wordsOf({ chosenBy, on, off }: MatrixRow): readonly [string, string] {
  if (chosenBy === null) return [WORDS[on], ''];
  const changed = off === null ? 'as a failure' : WORDS[off];
  return chosenBy === 'dropsUnreadable' ? [changed, WORDS[on]] : [WORDS[on], changed];
}

describe('docs/guide/retry.md', () => {
  it('has the acknowledgement matrix, row by row', () => {
    const [, after = ''] = page.split('<!-- ack matrix -->\n');
    const [table = ''] = after.split('\n\n', 1);
    const rows = table.split('\n').slice(2).map(cellsOf);
    const said = rows.map(([, late, , then]) => [late, then === 'so many times' ? '' : then]);
    assert.deepEqual(said, Object.values(ACK_MATRIX).map(wordsOf));
  });

  it('has the waits of the back-off', () => {
    const line = page.split('\n').find((text) => text.startsWith('| seconds |')) ?? '';
    const options = resolveTaskOptions('shop.any', { retryBackoff: true, retryJitter: false });
    const said = cellsOf(line).slice(1).map(Number);
    const random = { float: () => 0.5 };
    assert.ok(said.length > 10);
    assert.deepEqual(
      said,
      said.map((_, retries) => backoffSeconds(options, retries, random as never)),
    );
  });
});
