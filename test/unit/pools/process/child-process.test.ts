import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inheritedEnv, inheritedExecArgv } from '../../../../pools/process/child-process.js';

describe('what a child process takes over', () => {
  it('is every option of Node but inspectors, test runners and the text of a program', () => {
    const given = [
      '--inspect=9229',
      '--inspect-brk',
      '--conditions',
      'development',
      '--test',
      '-e',
      'start()',
      '--no-warnings',
      '--test-name-pattern',
      'its title',
      '--inspect-port',
      '9230',
      '--print',
      '-1',
      '--max-http-header-size',
      '16000',
    ];
    assert.deepEqual(inheritedExecArgv(given), [
      '--conditions',
      'development',
      '--no-warnings',
      '--max-http-header-size',
      '16000',
    ]);
  });

  it('is the environment, without an inspector in NODE_OPTIONS', () => {
    const env = { NODE_OPTIONS: '--inspect=0 --no-warnings', HOME: '/home' };
    assert.deepEqual(inheritedEnv(env), { NODE_OPTIONS: '--no-warnings', HOME: '/home' });
    const plain = { NODE_OPTIONS: '--no-warnings' };
    assert.equal(inheritedEnv(plain), plain);
  });
});
