/** docs/reliability.md says of each fault and failpoint what the code and the chaos run have. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { FAILPOINTS } from '../../../core/kernel/failpoint.js';
import { FAULTS } from '../../chaos/faults.js';
import { PREFETCH } from '../../chaos/worker-size.js';
import { projectRoot } from '../../support/project.js';

const page = readFileSync(join(projectRoot, 'docs', 'reliability.md'), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.split('|').map((cell) => cell.trim()));

describe('docs/reliability.md', () => {
  it('has a row for each fault of the chaos run, with its budget', () => {
    const said = new Map(
      rows.filter((cells) => cells[2] === '0').map(([, fault, , repeats]) => [fault, Number(repeats)]),
    );
    const single = FAULTS.filter(({ id }) => !id.startsWith('kill at '));
    const killed = FAULTS.filter(({ id }) => id.startsWith('kill at ')).map(({ budget }) => budget);
    const expected = new Map(single.map(({ id, budget }) => [id, budget]));
    assert.deepEqual(said, expected.set('kill at each failpoint', Math.max(...killed)));
    assert.ok(page.includes(`(${String(PREFETCH)} in the table`));
  });

  it('has a row for each failpoint', () => {
    const said = rows.map(([, point]) => /^`(\w+)`$/.exec(point ?? '')?.[1]).filter((name) => name !== undefined);
    assert.deepEqual(said, [...FAILPOINTS]);
  });
});
