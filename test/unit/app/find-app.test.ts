import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Celeriac } from '../../../core/app/celeriac.js';
import { findApp, loadedApp } from '../../../core/app/find-app.js';
import { ConfigError } from '../../../core/kernel/errors.js';

const source = { module: '/shop/tasks.ts', attribute: null, created: [] };
const [one, two] = [new Celeriac('one'), new Celeriac('two')];

test('APP-33 the order is app, celeriac, celery, default, any other', () => {
  assert.equal(findApp({ other: two, celery: two, app: one }, source), one);
  assert.equal(findApp({ default: two, celeriac: one }, source), one);
  assert.equal(findApp({ zebra: 7, default: one, a: two }, source), one);
  assert.equal(findApp({ zebra: one }, source), one);
});

test('a CommonJS module has its exports on default', () => {
  assert.equal(findApp({ default: { app: one } }, source), one);
});

test('the attribute decides where it is given', () => {
  assert.equal(findApp({ app: one, second: two }, { ...source, attribute: 'second' }), two);
  assert.throws(
    () => findApp({ app: one }, { ...source, attribute: 'missing' }),
    /no app named "missing"; it exports app/,
  );
});

test('an app that is not exported is found when it is the only one', () => {
  assert.equal(findApp({}, { ...source, created: [one] }), one);
  assert.throws(() => findApp({}, { ...source, created: [one, two] }), ConfigError);
});

test('without an app the error shows the line to write', () => {
  assert.throws(() => findApp({ add: () => 1 }, source), /new Celeriac\('tasks'\)/);
});

test('an app is known by the module that constructed it', () => {
  assert.equal(loadedApp(import.meta.url), one);
  assert.equal(loadedApp('file:///elsewhere.js'), null);
});
