import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listCaseNames, loadCase, loadPoolWorkload, selectCases } from '../../../bench/harness/case-folder.js';

describe('case folder', () => {
  it('a folder is a group: its name means the cases in it and no others', () => {
    const group = selectCases('pools');
    assert.ok(group.includes('pool-noop'));
    assert.ok(!group.includes('harness'));
    assert.ok(group.length < selectCases('all').length);
  });

  it('a case of a group has a name of its own', () => {
    assert.deepEqual(selectCases('pool-noop'), ['pool-noop']);
  });

  it('says which cases and groups there are when there is none of that name', () => {
    assert.throws(() => selectCases('pool'), /no case "pool"; there are .*pool-noop.*; groups: .*pools/);
  });

  it('every file is a case of its name', async () => {
    for (const name of listCaseNames()) assert.equal((await loadCase(name)).name, name);
  });

  it('the process of a contender finds the workload by the name of the case, and says so where there is none', async () => {
    const { name } = await loadPoolWorkload('pool-noop');
    assert.equal(name, 'pool-noop');
    await assert.rejects(loadPoolWorkload('harness'), /harness\.ts must export its workload/);
  });
});
