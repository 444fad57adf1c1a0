import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { applyGlobalOptions, loadClientApp, locateApp } from '../../../cli/app-source.js';
import { ConfigError } from '../../../core/kernel/errors.js';
import { threadRuntime } from '../../../core/task/thread-runtime.js';
import { fixture } from '../../support/project.js';

describe('from global options to the app', () => {
  afterEach(() => {
    threadRuntime().overrides = {};
    for (const name of ['CELERIAC_BROKER_URL', 'CELERY_BROKER', 'CELERY_APP'])
      Reflect.deleteProperty(process.env, name);
  });

  it('CLI-02 an option stands above the variable of Celery, which leaves the ones of the setting alone', () => {
    process.env['CELERY_BROKER'] = 'sqlite:///celery.db';
    applyGlobalOptions({ color: true });
    assert.equal(threadRuntime().overrides.brokerUrl, 'sqlite:///celery.db');
    applyGlobalOptions({ color: true, broker: 'memory://' });
    assert.equal(threadRuntime().overrides.brokerUrl, 'memory://');
    threadRuntime().overrides = {};
    process.env['CELERIAC_BROKER_URL'] = 'sqlite:///ours.db';
    applyGlobalOptions({ color: true });
    assert.equal(threadRuntime().overrides.brokerUrl, undefined);
  });

  it('a relative sqlite path starts at the working directory, its options and odd letters kept', () => {
    applyGlobalOptions({ color: true, broker: 'sqlite://./a%20%23.db?lease=5', resultBackend: 'sqlite://r.db' });
    const { brokerUrl, resultBackend } = threadRuntime().overrides;
    assert.equal(brokerUrl, `sqlite://${join(process.cwd(), 'a%20%23.db')}?lease=5`);
    assert.equal(resultBackend, `sqlite://${join(process.cwd(), 'r.db')}`);
  });

  it('CLI-01 -A names module and export; without it and without a broker there is no app', async () => {
    const module = fixture('apps', 'cli-tasks.ts');
    const { url, attribute } = locateApp({ color: true, app: `${module}:app` });
    assert.deepEqual([url.pathname, attribute], [module, 'app']);
    process.env['CELERY_APP'] = module;
    assert.equal(locateApp({ color: true }).url.pathname, module);
    Reflect.deleteProperty(process.env, 'CELERY_APP');
    assert.throws(() => locateApp({ color: true }), ConfigError);
    await assert.rejects(loadClientApp({ color: true }), /no app: name the module/);
  });

  it('CLI-06 a folder that cannot be entered is said', () => {
    assert.throws(
      () => {
        applyGlobalOptions({ color: true, workdir: '/no/such/folder' });
      },
      (error) => error instanceof ConfigError && error.message.includes('--workdir /no/such/folder'),
    );
  });
});
