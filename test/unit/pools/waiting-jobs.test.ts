import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WaitingJobs } from '../../../pools/waiting-jobs.js';
import { TestJob } from '../../support/pool-job.js';

function heads(jobs: WaitingJobs): readonly string[] {
  return jobs.takeAll().map(({ head }) => head);
}

describe('jobs that wait for a member', () => {
  it('are taken in order, and those that come back stand before all others in theirs', () => {
    const jobs = new WaitingJobs();
    const [first, second, third] = ['1', '2', '3'].map((head) => new TestJob(head)) as [TestJob, TestJob, TestJob];
    for (const job of [first, second, third]) jobs.add(job);
    assert.equal(jobs.take(), first);
    assert.equal(jobs.take(), second);
    jobs.putBack([first, second]);
    assert.equal(jobs.size, 3);
    assert.deepEqual(heads(jobs), ['1', '2', '3']);
    assert.equal(jobs.take(), null);
  });

  it('are taken out of the middle once', () => {
    const jobs = new WaitingJobs();
    const all = ['1', '2', '3'].map((head) => new TestJob(head));
    for (const job of all) jobs.add(job);
    assert.deepEqual([jobs.withdraw(all[1] as TestJob), jobs.withdraw(all[1] as TestJob)], [true, false]);
    assert.deepEqual(heads(jobs), ['1', '3']);
  });
});
