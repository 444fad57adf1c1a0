import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callerModule } from '../../../core/app/caller-module.js';

/** The stack below this module and that of a constructor of ours. */
function callerInStack(...frames: readonly string[]): string | null {
  const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  const stack = ['Error: where am I', 'at own (file:///own.js:1:1)', 'at new App (file:///app.js:1:1)', ...frames];
  Error.prepareStackTrace = () => stack.join('\n    ');
  try {
    return callerModule();
  } finally {
    if (before === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace');
    else Object.defineProperty(Error, 'prepareStackTrace', before);
  }
}

test('the innermost module that is not ours is the caller', () => {
  assert.equal(callerInStack('at make (file:///app.js:9:9)', 'at file:///shop/tasks.js:2:3'), 'file:///shop/tasks.js');
  assert.equal(callerInStack('at async run (file:///shop/tasks.js:2:3)'), 'file:///shop/tasks.js');
});

test('frames of the runtime are no modules', () => {
  const runtime = 'at Test.run (node:internal/test_runner/test:797:9)';
  assert.equal(callerInStack(runtime, 'at async node:internal/x/y:1:1'), null);
  assert.equal(callerInStack(runtime, 'at /shop/tasks.cjs:1:1'), 'file:///shop/tasks.cjs');
});

test('a query behind the address, as loaders add, does not make another module', () => {
  assert.equal(callerInStack('at f (file:///shop/tasks.ts?namespace=1:2:3)'), 'file:///shop/tasks.ts');
});

test('paths of CommonJS modules are addresses too', () => {
  assert.equal(callerInStack('at new App (/shop/my tasks.cjs:2:3)'), 'file:///shop/my%20tasks.cjs');
  assert.equal(callerInStack('at new App (C:\\shop\\tasks.cjs:2:3)'), 'file:///C:/shop/tasks.cjs');
});

test('the depth of stack traces is as it was', () => {
  const limit = Error.stackTraceLimit;
  callerModule();
  assert.equal(Error.stackTraceLimit, limit);
});
