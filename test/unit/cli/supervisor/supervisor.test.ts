import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeCharge, NodeMessage, SupervisorMessage } from '../../../../cli/supervisor/node-messages.js';
import type { ChildListener } from '../../../../cli/supervisor/supervised-node.js';
import { Supervisor } from '../../../../cli/supervisor/supervisor.js';
import { createSeededRandom } from '../../../../core/kernel/random.js';
import type { JournalEntry } from '../../../../core/worker/crashes/journal-record.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

/** A process of a node that does what the test says. */
class FakeChild {
  readonly charge: NodeCharge;
  readonly pid: number;
  readonly signals: NodeJS.Signals[] = [];
  readonly told: SupervisorMessage[] = [];
  readonly #listener: ChildListener;

  constructor(charge: NodeCharge, listener: ChildListener, pid: number) {
    this.charge = charge;
    this.#listener = listener;
    this.pid = pid;
  }

  say(message: NodeMessage): void {
    this.#listener.onMessage(message);
  }

  load(): void {
    this.say({ type: 'loaded', startTimeoutMs: 30_000, beatTimeoutMs: 5_000 });
  }

  becomeReady(): void {
    this.load();
    this.say({ type: 'ready', face: { hostname: `n${String(this.charge.index)}@h`, concurrency: 1, banner: [] } });
  }

  exit(code: number | null, signal: NodeJS.Signals | null = null): void {
    this.#listener.onExit(code, signal);
  }

  kill(signal: NodeJS.Signals): void {
    this.signals.push(signal);
  }

  send(message: SupervisorMessage): void {
    this.told.push(message);
  }
}

function bench({ processes = 2, purges = false } = {}) {
  const clock = new VirtualClock();
  const children: FakeChild[] = [];
  const notes: string[] = [];
  const journals = new Map<string, readonly JournalEntry[]>();
  const record = (_fields: object, text: string): void => {
    notes.push(text);
  };
  let readies = 0;
  let code: number | null = null;
  const supervisor = new Supervisor({
    names: Array.from({ length: processes }, (_, i) => `n${String(i + 1)}@h`),
    spawn: (charge, listener) => {
      const child = new FakeChild(charge, listener, children.length + 1);
      children.push(child);
      return child;
    },
    journalOf: (index) => `/journal-${String(index)}`,
    takeJournal: (path) => {
      const entries = journals.get(path) ?? [];
      journals.delete(path);
      return entries;
    },
    purges,
    clock,
    random: createSeededRandom(1),
    logger: { debug: record, info: record, warn: record, error: record, isLevelEnabled: () => true },
    note: (text) => notes.push(text),
    onReady: () => readies++,
  });
  void supervisor.run().then((ended) => {
    code = ended;
  });
  const last = (index: number): FakeChild => {
    const child = children.findLast(({ charge }) => charge.index === index);
    assert.ok(child);
    return child;
  };
  /** Beats of all living nodes while time passes. */
  const pass = async (ms: number, silent: readonly FakeChild[] = []): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 500) {
      for (const child of children) if (!silent.includes(child)) child.say({ type: 'beat' });
      await clock.advance(500);
    }
  };
  return {
    clock,
    supervisor,
    children,
    notes,
    journals,
    last,
    pass,
    readies: () => readies,
    code: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return code;
    },
    ready: () => {
      for (const child of [...children]) child.becomeReady();
    },
  };
}

const entry = (id: string): JournalEntry => ({ id, name: 'a.b', isRunning: false, sinceEpochMs: 0 });

test('it is ready once, when every node is', async () => {
  const { children, readies, supervisor, last, clock } = bench();
  assert.deepStrictEqual(
    children.map(({ charge }) => [charge.index, charge.processes, charge.purges]),
    [
      [1, 2, false],
      [2, 2, false],
    ],
  );
  last(1).becomeReady();
  assert.equal(readies(), 0);
  last(2).becomeReady();
  assert.equal(readies(), 1);
  assert.equal(supervisor.state, 'running');
  last(1).exit(null, 'SIGSEGV');
  await clock.advance(200);
  last(1).becomeReady();
  assert.equal(readies(), 1);
});

test('WORK-05 only the first start of the first node purges, and the others wait for it', async () => {
  const { children, ready, last, clock } = bench({ purges: true });
  assert.deepStrictEqual(
    children.map(({ charge }) => [charge.index, charge.purges]),
    [[1, true]],
  );
  ready();
  assert.deepStrictEqual(
    children.map(({ charge }) => [charge.index, charge.purges]),
    [
      [1, true],
      [2, false],
    ],
  );
  last(2).becomeReady();
  last(1).exit(null, 'SIGKILL');
  await clock.advance(200);
  assert.equal(last(1).charge.purges, false);
});

test('T7, W8 a fault is said with the tasks of the journal, told to the others and to the next process', async () => {
  const { journals, ready, last, notes, clock, supervisor } = bench();
  ready();
  journals.set('/journal-1', [entry('x')]);
  last(1).exit(null, 'SIGSEGV');
  assert.match(
    notes.at(-1) ?? '',
    /^n1@h died: SIGSEGV; it may have been running a\.b\[x\]; it is started again in 0\.\d s$/,
  );
  assert.deepStrictEqual(last(2).told, [{ type: 'blamed', crashes: [['x', 1]] }]);
  await clock.advance(200);
  assert.deepStrictEqual(last(1).charge.crashes, [['x', 1]]);
  last(1).becomeReady();
  last(1).say({ type: 'cleared', id: 'x' });
  last(2).exit(1);
  await clock.advance(200);
  assert.deepStrictEqual(last(2).charge.crashes, []);
  assert.equal(supervisor.state, 'running');
});

test('what a process that is gone has still said is not taken for the next one', async () => {
  const { ready, last, clock, supervisor, readies } = bench({ processes: 1 });
  const old = last(1);
  old.exit(1);
  await clock.advance(200);
  old.becomeReady();
  assert.equal(readies(), 0);
  ready();
  assert.equal(supervisor.state, 'running');
});

test('an exit code of its own blames no task', async () => {
  const { journals, ready, last, clock } = bench();
  ready();
  journals.set('/journal-1', [entry('x')]);
  last(1).exit(1);
  await clock.advance(200);
  assert.deepStrictEqual(last(1).charge.crashes, []);
  assert.deepStrictEqual(last(2).told, []);
});

test('W4 a node that falls silent is killed and replaced, one that beats is not', async () => {
  const { ready, last, pass, notes, children } = bench();
  ready();
  const stopped = last(1);
  await pass(5_000, [stopped]);
  assert.deepStrictEqual(stopped.signals, []);
  await pass(1_000, [stopped]);
  assert.deepStrictEqual(stopped.signals, ['SIGKILL']);
  assert.match(notes.at(-1) ?? '', /^n1@h has given no sign for [56] s: it is killed$/);
  assert.deepStrictEqual(last(2).signals, []);
  stopped.exit(null, 'SIGKILL');
  await pass(500);
  assert.equal(children.length, 3);
});

test('N4 a crash loop is tried every half a minute and said; the other node works on', async () => {
  const { ready, last, pass, notes, children } = bench();
  ready();
  for (let death = 1; death <= 5; death++) {
    last(1).exit(null, 'SIGABRT');
    if (death < 5) await pass(5_000);
  }
  assert.match(notes.at(-1) ?? '', /^n1@h died: SIGABRT, 5 times in a row; it is started again in 30\.0 s$/);
  const before = children.length;
  await pass(29_500);
  assert.equal(children.length, before);
  await pass(500);
  assert.equal(children.length, before + 1);
  assert.deepStrictEqual(last(2).signals, []);
});

test('when no node can start for a reason that stays it ends with that exit code', async () => {
  const { last, notes, code, children } = bench();
  last(1).exit(64);
  assert.equal(await code(), null);
  last(2).exit(64);
  assert.equal(await code(), 64);
  assert.match(notes.at(-1) ?? '', /no node can start \(exit code 64\)/);
  assert.equal(children.length, 2);
});

test('a wrong setting that comes with a restart costs the nodes that read it, not the supervisor', async () => {
  const { ready, last, clock, code, supervisor } = bench();
  ready();
  for (const index of [1, 2]) last(index).exit(null, 'SIGKILL');
  await clock.advance(300);
  for (const index of [1, 2]) last(index).exit(64);
  assert.equal(await code(), null);
  assert.equal(supervisor.state, 'running');
});

test('WORK-70 signals go to every node, as they are; the worst exit code is its own', async () => {
  const { supervisor, ready, last, code, children } = bench();
  ready();
  supervisor.receive('SIGTERM');
  supervisor.receive('SIGINT');
  for (const child of children) assert.deepStrictEqual(child.signals, ['SIGTERM', 'SIGINT']);
  last(1).exit(0);
  assert.equal(await code(), null);
  last(2).exit(1);
  assert.equal(await code(), 1);
  assert.equal(children.length, 2);
});

test('a node that dies by the stop signal itself, before it could listen, counts as what the signal means', async () => {
  for (const [signal, expected] of [
    ['SIGTERM', 0],
    ['SIGINT', 1],
  ] as const) {
    const { supervisor, code, children } = bench({ processes: 1 });
    supervisor.receive(signal);
    children[0]?.exit(null, signal);
    assert.equal(await code(), expected);
  }
});

test('a node that waits for its next start leaves at once when all are to end', async () => {
  const { supervisor, ready, last, code, children, clock } = bench();
  ready();
  last(1).exit(null, 'SIGSEGV');
  supervisor.receive('SIGTERM');
  last(2).exit(0);
  assert.equal(await code(), 0);
  await clock.advance(60_000);
  assert.equal(children.length, 2);
});

test('the fourth of INT and QUIT kills what is left', async () => {
  const { supervisor, ready, last, code } = bench({ processes: 1 });
  ready();
  for (let i = 0; i < 4; i++) supervisor.receive('SIGINT');
  assert.deepStrictEqual(last(1).signals, ['SIGINT', 'SIGINT', 'SIGINT', 'SIGINT', 'SIGKILL']);
  last(1).exit(null, 'SIGKILL');
  assert.equal(await code(), 1);
});

test('WORK-77 HUP restarts one node after another, the next only when the former is ready', async () => {
  const { supervisor, ready, last, clock, notes } = bench();
  ready();
  const [first, second] = [last(1), last(2)];
  supervisor.receive('SIGHUP');
  assert.deepStrictEqual([first.signals, second.signals], [['SIGTERM'], []]);
  first.exit(0);
  await clock.advance(0);
  assert.notEqual(last(1), first);
  assert.deepStrictEqual(second.signals, []);
  last(1).becomeReady();
  await clock.advance(0);
  assert.deepStrictEqual(second.signals, ['SIGTERM']);
  second.exit(0);
  await clock.advance(0);
  last(2).becomeReady();
  await clock.advance(0);
  assert.equal(notes.at(-1), 'All nodes were restarted.');
});

test('WORK-77 a module that cannot be loaded any more stops the rolling restart at the first node', async () => {
  const { supervisor, ready, last, clock, notes } = bench();
  ready();
  supervisor.receive('SIGHUP');
  last(1).exit(0);
  await clock.advance(0);
  last(1).exit(64);
  assert.ok(notes.includes('n1@h does not start again: the other nodes stay as they are.'));
  await clock.advance(1_000);
  last(1).becomeReady();
  await clock.advance(0);
  assert.deepStrictEqual(last(2).signals, []);
});

test('a node that was told by remote control to shut down stays away; the last one ends it all', async () => {
  const { ready, last, clock, code, children } = bench();
  ready();
  last(1).exit(0);
  await clock.advance(60_000);
  assert.equal(children.length, 2);
  assert.equal(await code(), null);
  last(2).exit(0);
  assert.equal(await code(), 0);
});

test('a node that asks for it (HUP to the node) is started again at once', async () => {
  const { ready, last, clock } = bench();
  ready();
  const old = last(1);
  old.say({ type: 'again' });
  old.exit(0);
  await clock.advance(0);
  assert.notEqual(last(1), old);
});

test('a node that is told to end while it loads, and hears nothing, is killed at the bound of its start', async () => {
  const { clock, supervisor, children, code } = bench({ processes: 1 });
  const [node] = children;
  supervisor.receive('SIGTERM');
  for (let passed = 0; passed < 59_500; passed += 500) await clock.advance(500);
  assert.deepStrictEqual(node?.signals, ['SIGTERM']);
  await clock.advance(1_500);
  assert.deepStrictEqual(node.signals, ['SIGTERM', 'SIGKILL']);
  node.exit(null, 'SIGKILL');
  assert.equal(await code(), 1);
});
