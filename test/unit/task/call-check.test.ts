import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkCall } from '../../../core/task/call-check.js';
import { resolveTaskOptions } from '../../../core/task/resolve-task-options.js';
import type { TaskOptions } from '../../../core/task/task-options.js';

type Run = (...args: never[]) => unknown;
type Kwargs = Readonly<Record<string, unknown>>;

function check(run: Run, options: TaskOptions, args: readonly unknown[], kwargs: Kwargs = {}): void {
  checkCall({ name: 'shop.add', options: resolveTaskOptions('shop.add', options), run }, args, kwargs);
}

const two: Run = (a: number, b: number) => a + b;

test('APP-32 without names a call needs as many arguments as the function, and may have more', () => {
  check(two, {}, [1, 2]);
  check(two, {}, [1, 2, 3]);
  check(two, {}, [1], { b: 2 });
  assert.throws(() => {
    check(two, {}, [1]);
  }, /^TypeError: task shop\.add\(a, b\) needs 2 arguments but got 1/);
  check((a: number, b = 2) => a + b, {}, [1]);
  check((...parts: number[]) => parts, {}, []);
  check((_ctx: unknown, a: number) => a, { bind: true }, [1]);
  assert.throws(() => {
    check((_ctx: unknown, a: number) => a, { bind: true }, []);
  }, /shop\.add\(a\) needs 1 argument but got 0/);
});

test('TASK-04 with names too many, too few, unknown and doubled arguments are refused', () => {
  const options = { params: ['a', 'b'] };
  check(two, options, [1, 2]);
  check(two, options, [1], { b: 2 });
  check(two, options, [], { b: 2, a: 1 });
  const wrong: readonly [readonly unknown[], Kwargs, RegExp][] = [
    [[1, 2, 3], {}, /shop\.add\(a, b\) takes 2 arguments but 3 were given/],
    [[1], {}, /needs "b"/],
    [[], {}, /needs "a", "b"/],
    [[1, 2], { c: 3 }, /has no parameter "c"/],
    [[1, 2], { a: 3 }, /several values for "a"/],
  ];
  for (const [args, kwargs, words] of wrong) {
    assert.throws(() => {
      check(two, options, args, kwargs);
    }, words);
  }
});

test('a name may be optional, and the last may take any number', () => {
  check(two, { params: ['a', 'b?'] }, [1]);
  check((a: number, b = 2) => a + b, { params: ['a', 'b'] }, [1]);
  check((a: number, ...rest: number[]) => a + rest.length, { params: ['a', '...rest'] }, [1, 2, 3]);
  assert.throws(() => {
    check(two, { params: ['a', 'b?'] }, []);
  }, /shop\.add\(a, b\?\) needs "a"/);
});

test('typing: false checks nothing', () => {
  check(two, { typing: false, params: ['a', 'b'] }, [], { z: 1 });
});
