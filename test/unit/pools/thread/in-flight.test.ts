import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MAX_LENT } from '../../../../pools/lent-slots.js';
import { InFlight, MAX_IN_FLIGHT, type InFlightEntry } from '../../../../pools/thread/in-flight.js';
import { TestJob } from '../../../support/pool-job.js';

function order(inFlight: InFlight): InFlightEntry[] {
  const entries: InFlightEntry[] = [];
  for (let entry = inFlight.first; entry !== null; entry = entry.next) entries.push(entry);
  return entries;
}

describe('the list of what a lane holds', () => {
  it('keeps the order of submission through any removals, and finds by ticket', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 9 }), { maxLength: 60 }), (steps) => {
        const inFlight = new InFlight();
        const model: { readonly job: TestJob; readonly entry: InFlightEntry }[] = [];
        for (const step of steps) {
          const victim = model[step];
          if (victim === undefined) {
            const job = new TestJob('');
            model.push({ job, entry: inFlight.add(job) });
          } else {
            inFlight.remove(victim.entry);
            model.splice(step, 1);
          }
          assert.deepEqual(
            order(inFlight).map(({ job }) => job),
            model.map(({ job }) => job),
          );
          assert.equal(inFlight.size, model.length);
          assert.equal(inFlight.last, model.at(-1)?.entry ?? null);
          for (const { job, entry } of model) {
            assert.equal(inFlight.find(entry.ticket), entry);
            assert.equal(inFlight.findJob(job), entry);
          }
        }
      }),
    );
  });

  it('finds nothing by a ticket of an earlier use of the entry', () => {
    const inFlight = new InFlight();
    const first = inFlight.add(new TestJob(''));
    const { ticket } = first;
    inFlight.remove(first);
    assert.equal(inFlight.find(ticket), null);
    const second = inFlight.add(new TestJob(''));
    assert.equal(second, first);
    assert.equal(inFlight.find(ticket), null);
    assert.notEqual(second.ticket, ticket);
  });

  it('keeps the ticket of an abandoned run taken until the run ends', () => {
    const inFlight = new InFlight();
    const job = new TestJob('');
    const entry = inFlight.add(job);
    inFlight.abandon(entry);
    assert.deepEqual([inFlight.size, inFlight.findJob(job)], [0, null]);
    assert.equal(inFlight.find(entry.ticket), entry);
    inFlight.remove(entry);
    assert.deepEqual([inFlight.size, inFlight.first], [0, null]);
  });

  it('finds jobs also after thousands that nobody has asked for', () => {
    const inFlight = new InFlight();
    const first = new TestJob('');
    const entry = inFlight.add(first);
    assert.equal(inFlight.findJob(first), entry);
    const others = Array.from({ length: 5_000 }, () => new TestJob(''));
    const entries = others.map((job) => inFlight.add(job));
    assert.equal(inFlight.findJob(first), entry);
    assert.deepEqual(
      others.map((job) => inFlight.findJob(job)),
      entries,
    );
    inFlight.remove(entry);
    assert.equal(inFlight.findJob(first), null);
  });

  it('does not lose a job whose abandoned run ends while it is in again', () => {
    const inFlight = new InFlight();
    const job = new TestJob('');
    const abandoned = inFlight.add(job);
    inFlight.abandon(abandoned);
    const again = inFlight.add(job);
    assert.equal(inFlight.findJob(job), again);
    inFlight.remove(abandoned);
    assert.equal(inFlight.findJob(job), again);
  });

  it('is full at its bound', () => {
    const inFlight = new InFlight();
    for (let i = 0; i < MAX_IN_FLIGHT; i++) inFlight.add(new TestJob(''));
    assert.ok(inFlight.isFull);
    assert.equal(new Set(order(inFlight).map(({ ticket }) => ticket)).size, MAX_IN_FLIGHT);
  });

  it('counts no slot for runs that wait for other jobs, until they go on, end or are given up', () => {
    const inFlight = new InFlight();
    const [first, second, third] = [
      inFlight.add(new TestJob('')),
      inFlight.add(new TestJob('')),
      inFlight.add(new TestJob('')),
    ];
    for (const entry of [first, first, second, third]) inFlight.lend(entry);
    assert.deepEqual([inFlight.size, inFlight.takenSlots], [3, 0]);
    const { ticket } = first;
    inFlight.takeBack(first, ticket);
    assert.equal(inFlight.takenSlots, 0);
    inFlight.takeBack(first, ticket);
    assert.equal(inFlight.takenSlots, 1);
    inFlight.remove(second);
    inFlight.abandon(third);
    assert.deepEqual([inFlight.size, inFlight.takenSlots], [1, 1]);
    // A reply that comes late finds another run in the entry.
    inFlight.remove(first);
    const next = inFlight.add(new TestJob(''));
    inFlight.lend(next);
    inFlight.takeBack(next, ticket);
    assert.equal(inFlight.takenSlots, 0);
  });

  it('counts no more slots as lent than the bound', () => {
    const inFlight = new InFlight();
    for (let i = 0; i < MAX_LENT + 5; i++) inFlight.lend(inFlight.add(new TestJob('')));
    assert.equal(inFlight.takenSlots, 5);
  });
});
