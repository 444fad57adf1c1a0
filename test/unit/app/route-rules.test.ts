import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstAnswer, routeRules, type LoadRoutes } from '../../../core/app/route-rules.js';
import { ConfigError } from '../../../core/kernel/errors.js';

const call = { args: [], kwargs: {}, options: {}, task: null };
const noModules: LoadRoutes = () => Promise.reject(new Error('not in this test'));

function find(routes: unknown, name: string, load = noModules) {
  return firstAnswer(routeRules(routes, load), name, call);
}

test('an exact name stands above patterns, which are tried in order', () => {
  const routes = { 'shop.*': 'pattern', '*.add': 'second', 'shop.add': 'exact' };
  assert.deepStrictEqual(
    ['shop.add', 'shop.sub', 'x.add', 'x.sub'].map((name) => find(routes, name)),
    ['exact', 'pattern', 'second', null],
  );
});

test('only a star makes a glob; a regular expression is anchored at its start alone', () => {
  assert.equal(find({ 'shop.[a]dd': 'q' }, 'shop.add'), null);
  assert.equal(find({ 'shop.[a]*': 'q' }, 'shop.add'), 'q');
  assert.equal(find({ 'shop.[!a]*': 'q' }, 'shop.add'), null);
  assert.equal(find({ 'shop.*': 'q' }, 'shopXadd'), null);
  assert.equal(find([[/shop/, 'q']], 'shop.add'), 'q');
  assert.equal(find(new Map([[/hop/g, 'q']]), 'shop.add'), null);
});

test('the first answer of a list counts, whatever its rules are', async () => {
  const routes = [
    () => null,
    [['a', 'pair']],
    ['b', 'bare'],
    (name: string) => Promise.resolve(name === 'c' ? 'later' : null),
    { d: 'map' },
  ];
  assert.deepStrictEqual([find(routes, 'a'), find(routes, 'b')], ['pair', 'bare']);
  assert.deepStrictEqual([await find(routes, 'c'), await find(routes, 'd')], ['later', 'map']);
});

test('a module is loaded by the first call that asks, and again after a failure', async () => {
  let loads = 0;
  const load: LoadRoutes = (specifier) => {
    loads++;
    return loads === 1 ? Promise.reject(new Error('missing')) : Promise.resolve({ a: `${specifier}-queue` });
  };
  const rules = routeRules('./routes', load);
  await assert.rejects(async () => firstAnswer(rules, 'a', call), /missing/);
  assert.deepStrictEqual(
    [await firstAnswer(rules, 'a', call), firstAnswer(rules, 'a', call), loads],
    ['./routes-queue', './routes-queue', 2],
  );
});

test('what is no route is refused', () => {
  for (const wrong of [7, [7], [['a', 7]]]) assert.throws(() => routeRules(wrong, noModules), ConfigError);
});
