/** Settings of the log of a worker, read from the files that two workers write. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { CeleriacProcess } from '../support/celeriac-process.js';
import { CommandLineProject } from '../support/command-line-project.js';

const PYTHON = [
  'worker_log_format=[%(asctime)s: %(levelname)s/%(processName)s] %(message)s',
  'worker_task_log_format=TASK %(task_name)s[%(task_id)s] %(levelname)s %(message)s',
];

describe('settings of the log', { timeout: 120_000 }, () => {
  let project: CommandLineProject;
  let workers: readonly CeleriacProcess[] = [];
  const log = (name: string): string => readFileSync(project.path(name), 'utf8');
  before(async () => {
    project = new CommandLineProject();
    const start = (queue: string, ...words: readonly string[]): CeleriacProcess =>
      project.start([
        '-A',
        'tasks.js',
        'worker',
        '-n',
        `${queue}@%h`,
        '-c',
        '1',
        '-l',
        'info',
        '-Q',
        queue,
        '-f',
        `${queue}.log`,
        ...words,
      ]);
    workers = [
      start('python', ...PYTHON),
      start('pretty', 'worker_log_format=pretty', 'worker_log_color=true'),
      start('plain'),
    ];
    await Promise.all(workers.map((worker) => worker.ready()));
    await Promise.all(['python', 'pretty', 'plain'].map((queue) => project.call('add', [1, 2], queue)));
    await Promise.all(workers.map((worker) => worker.kill('SIGTERM')));
  });
  after(async () => {
    await Promise.all(workers.map((worker) => worker.dispose()));
    project.remove();
  });

  test('CONF-171: workerLogColor colours a log that is no terminal', () => {
    assert.ok(log('pretty.log').includes('\u001b['));
    for (const name of ['python.log', 'plain.log']) assert.equal(log(name).includes('\u001b['), false);
  });

  test('CONF-172: workerLogFormat is the template of lines', () => {
    const lines = log('python.log').trim().split('\n');
    for (const line of lines) assert.match(line, /^(TASK |\[\d{4}-\d\d-\d\d [\d:,]+: [A-Z]+\/MainProcess\] .+)/);
    assert.match(log('pretty.log'), /INFO/);
    // Without a format what is no terminal gets JSON.
    for (const line of log('plain.log').trim().split('\n')) assert.equal(typeof JSON.parse(line), 'object');
  });

  test('CONF-173: workerTaskLogFormat is that of lines about a task', () => {
    assert.match(log('python.log'), /^TASK add\[[\da-f-]{36}\] INFO .+/m);
  });
});
