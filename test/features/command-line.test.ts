/** The options before the command, commands and exit codes (features.md §23.1, 23.6) and the environment (§26.1). */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Celeriac } from '../../core/app/public.js';
import { CommandLineProject } from '../support/command-line-project.js';
import { projectRoot } from '../support/project.js';
import { ResultWriter } from '../support/result-writer.js';

describe('options before the command', { timeout: 120_000 }, () => {
  let project: CommandLineProject;
  before(() => {
    project = new CommandLineProject();
  });
  after(() => {
    project.remove();
  });
  const APP = ['-A', 'tasks.js'];

  test('CLI-01: -A names the module and the export of the app', async () => {
    const [over, byPath, byVariable, missing] = await Promise.all([
      project.run([...APP, 'report'], { CELERY_APP: 'nowhere' }),
      project.run(['-A', './tasks.js:app', 'report']),
      project.run(['report'], { CELERY_APP: 'tasks' }),
      project.run(['-A', 'tasks.js:none', 'report']),
    ]);
    assert.match(byPath.stdout, /^app +line$/m);
    assert.match(byVariable.stdout, /^app +line$/m);
    assert.match(over.stdout, /^app +line$/m);
    assert.deepEqual([missing.code, missing.stdout], [64, '']);
  });

  test('CLI-02: -b stands above CELERY_BROKER and the address in the module, and a relative one starts at the working directory', async () => {
    const { brokerUrl } = await project.report([...APP, '-b', 'sqlite://./other.db'], { CELERY_BROKER: 'memory://' });
    assert.deepEqual(brokerUrl, { value: `sqlite://${project.path('other.db')}`, source: 'the command line' });
    const byVariable = await project.report(APP, { CELERY_BROKER: 'memory://' });
    assert.equal(byVariable['brokerUrl']?.value, 'memory://');
  });

  test('CLI-03: --result-backend stands above the one in the module', async () => {
    const environment = { CELERY_RESULT_BACKEND: 'memory://e' };
    const [{ resultBackend }, byVariable] = await Promise.all([
      project.report([...APP, '--result-backend', 'memory://r'], environment),
      project.report(APP, environment),
    ]);
    assert.deepEqual(resultBackend, { value: 'memory://r', source: 'the command line' });
    assert.equal(byVariable['resultBackend']?.value, 'memory://e');
  });

  test('CLI-05: --config names the file of the settings, JSON, YAML or a module', async () => {
    project.write('a.json', '{"taskDefaultQueue": "json"}');
    project.write('b.yaml', 'task_default_queue: yaml\nbroker_transport_options:\n  lease: 5\n');
    project.write('c.mjs', "export const task_default_queue = 'module';\n");
    const files = ['a.json', 'b.yaml', 'c.mjs'];
    const reports = await Promise.all(files.map((file) => project.report([...APP, '--config', file])));
    assert.deepEqual(
      reports.map(({ taskDefaultQueue }) => taskDefaultQueue),
      [
        { value: 'json', source: project.path('a.json') },
        { value: 'yaml', source: project.path('b.yaml') },
        { value: 'module', source: project.path('c.mjs') },
      ],
    );
    assert.deepEqual(reports[1]?.['brokerTransportOptions']?.value, { lease: 5 });
  });

  test('CLI-06: --workdir is entered first', async () => {
    const options = { CELERIAC_BROKER_URL: 'sqlite://./w.db' };
    const { brokerUrl } = await project.report(['--workdir', project.folder, '-A', './tasks.js'], options);
    assert.equal(brokerUrl?.value, `sqlite://${project.path('w.db')}`);
    const refused = await project.run(['--workdir', 'nowhere', ...APP, 'report']);
    assert.equal(refused.code, 64);
  });

  test('CLI-09: --version prints the version', async () => {
    const { stdout, code } = await project.run(['--version']);
    const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string };
    assert.equal(stdout.trim().split(' ')[0], version);
    assert.equal(code, 0);
  });

  test('CLI-10: --skip-checks is read and does nothing', async () => {
    const { code, stderr } = await project.run(['--skip-checks', ...APP, 'report']);
    assert.deepEqual([code, stderr], [0, '']);
  });

  test('CLI-11: --help has the options in groups', async () => {
    const { stdout } = await project.run(['worker', '--help']);
    for (const group of ['What it consumes:', 'How it runs tasks:', 'How it appears:', 'In the background:']) {
      assert.ok(stdout.includes(group), group);
    }
  });

  test('CLI-80: exit codes are 2 for what cannot be read, 64 for wrong use, 69 for silence', async () => {
    const address = `sqlite://${project.path('q.db')}`;
    await using reader = new Celeriac('line', { brokerUrl: address, resultBackend: address, setAsCurrent: false });
    await new ResultWriter(await reader.connections.backend()).fail('failed', new RangeError('no'));
    project.write('held.pid', `${String(process.pid)}\n`);
    const [good, failure, file, option, app, setting, silence] = await Promise.all([
      project.run([...APP, 'report']),
      project.run([...APP, 'result', 'failed', '--timeout', '0']),
      project.run([...APP, 'worker', '--pidfile', project.path('held.pid')]),
      project.run([...APP, 'worker', '--no-such-option']),
      project.run(['-A', 'nowhere.js', 'report']),
      project.run([...APP, 'worker', 'worker_concurency=3']),
      project.run([...APP, 'result', 'nobody', '--timeout', '0']),
    ]);
    assert.deepEqual([good.code, failure.code, file.code], [0, 1, 73]);
    assert.deepEqual([option.code, app.code, setting.code, silence.code], [2, 64, 64, 69]);
  });

  test('CLI-81: an unknown command is refused with the one that was meant', async () => {
    const { code, stderr } = await project.run(['wroker']);
    assert.equal(code, 2);
    assert.match(stderr, /unknown command 'wroker'.*worker/s);
  });

  test('report shows every setting with its source, and no secrets', async () => {
    const settings = await project.report([...APP], { CELERIAC_TASK_TIME_LIMIT: '7' });
    assert.deepEqual(settings['redisPassword'], { value: '********', source: 'the program' });
    assert.deepEqual(settings['taskTimeLimit'], {
      value: 7,
      source: 'the environment variable CELERIAC_TASK_TIME_LIMIT',
    });
    assert.deepEqual(settings['taskAcksLate'], { value: true, source: 'default (safe)' });
    assert.equal(settings['brokerReadUrl']?.source, 'as brokerUrl');
  });

  test('ENV-01: four variables of Celery stand above the program', async () => {
    const settings = await project.report(APP, {
      CELERY_BROKER_URL: 'memory://b',
      CELERY_BROKER_READ_URL: 'memory://r',
      CELERY_BROKER_WRITE_URL: 'memory://w',
      CELERY_RESULT_BACKEND: 'memory://results',
    });
    const names = ['brokerUrl', 'brokerReadUrl', 'brokerWriteUrl', 'resultBackend'];
    assert.deepEqual(
      names.map((name) => settings[name]?.value),
      ['memory://b', 'memory://r', 'memory://w', 'memory://results'],
    );
  });

  test('ENV-02: CELERY_CONFIG_MODULE names the configuration', async () => {
    project.write('conf.mjs', 'export default { taskDefaultQueue: "named" };\n');
    const { taskDefaultQueue } = await project.report(APP, { CELERY_CONFIG_MODULE: './conf.mjs' });
    assert.equal(taskDefaultQueue?.value, 'named');
  });

  test('ENV-03: CELERY_TRACE_APP warns of the implicit default app, or refuses it', async () => {
    project.write(
      'implicit.js',
      `import { currentApp } from '${project.celeriac}';\nimport './tasks.js';\ncurrentApp();\n`,
    );
    const look = (value: string): ReturnType<typeof project.run> =>
      project.run(['-A', 'implicit.js', 'report'], { CELERY_TRACE_APP: value });
    const [warned, refused, silent] = await Promise.all([look('1'), look('raise'), look('')]);
    assert.match(warned.stderr, /CeleriacDefaultApp: the default app is used/);
    assert.match(refused.stderr, /the default app is used/);
    assert.deepEqual([warned.code, refused.code, silent.stderr], [0, 64, '']);
  });

  test('ENV-04: C_WNOCONF warns when there is no configuration file', async () => {
    const [warned, silent] = await Promise.all([
      project.run([...APP, 'report'], { C_WNOCONF: '1' }),
      project.run([...APP, 'report']),
    ]);
    assert.match(warned.stderr, /NotConfigured/);
    assert.equal(silent.stderr, '');
  });

  test('ENV-18: FORCE_COLOR colours a log that is no terminal, NO_COLOR stands above it', async () => {
    const starting = [
      { NO_COLOR: '', FORCE_COLOR: '1' },
      { NO_COLOR: '1', FORCE_COLOR: '1' },
    ].map(async (env) => {
      const worker = project.start([...APP, 'worker', '-c', '1'], env);
      await worker.ready();
      await worker.dispose();
      return worker.stderr.includes('\u001b[');
    });
    assert.deepEqual(await Promise.all(starting), [true, false]);
  });

  test('ENV-08: AUTOSCALE_KEEPALIVE is the keep-alive of autoscaling, in seconds', async () => {
    const { workerAutoscaleKeepaliveMs } = await project.report(APP, { AUTOSCALE_KEEPALIVE: '2' });
    assert.equal(workerAutoscaleKeepaliveMs?.value, 2_000);
  });
});
