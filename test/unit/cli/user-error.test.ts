import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ExitCode, exitCodeOf } from '../../../cli/exit-code.js';
import { oneLine } from '../../../cli/terminal.js';
import { describeError, describeFailure } from '../../../cli/user-error.js';
import {
  BackendError,
  ConfigError,
  ConnectionLostError,
  InvariantError,
  RemoteTaskError,
  TimeoutError,
} from '../../../core/kernel/errors.js';

describe('errors at the terminal', () => {
  it('our own errors stand alone, others name their class', () => {
    assert.equal(describeError(new ConfigError('no app: name one')), 'no app: name one');
    assert.equal(describeError(new RangeError('too far')), 'RangeError: too far');
    assert.equal(describeError('thrown text'), "'thrown text'");
  });

  it('a module that fails while it loads shows the first place in its source, not the stack', () => {
    const stack =
      'a.ts fails when it is loaded: TypeError: x is not a function\n    at f (file:///p/a.ts:3:5)\n    at g (/p/b.ts:1:1)';
    assert.equal(
      describeError(new ConfigError(stack)),
      'a.ts fails when it is loaded: TypeError: x is not a function (at /p/a.ts:3:5)',
    );
  });

  it('a failure has the class that it had where the task ran', () => {
    const remote = new RemoteTaskError('no', { type: 'ValueError', module: 'builtins', remoteStack: null });
    assert.equal(describeFailure(remote), 'ValueError: no');
    assert.equal(describeFailure(new RangeError('')), 'RangeError');
  });

  it('CLI-80 the exit code says whether trying again can help', () => {
    assert.equal(exitCodeOf(new ConfigError('x')), ExitCode.USAGE);
    for (const error of [new ConnectionLostError('x'), new BackendError('x'), new TimeoutError('x')]) {
      assert.equal(exitCodeOf(error), ExitCode.UNAVAILABLE);
    }
    assert.equal(exitCodeOf(new InvariantError('x')), ExitCode.FAILURE);
    assert.equal(exitCodeOf('x'), ExitCode.FAILURE);
  });

  it('text of strangers cannot drive the terminal', () => {
    assert.equal(oneLine('a\n  b\x1b[2Jc\x07'), 'a b\\x1b[2Jc\\x07');
  });
});
