/** Results and groups of an app whose documents are not plain JSON. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EncodeError, GroupResult } from '../../../core/app/public.js';
import { onEachBackend } from '../../support/result-apps.js';

const SETTINGS = { resultSerializer: 'msgpack', resultCompression: 'zlib', resultAcceptContent: ['msgpack'] };

test('results and groups are stored in the format of the settings, and read from it', () =>
  onEachBackend(async ({ app, write, name }) => {
    await write.succeed('a', { deep: [1, null] });
    await write.fail('b', new RangeError('too far'));
    const backend = await app.connections.backend();
    const [stored] = await backend.fetch(['a']);
    assert.equal(stored?.document[0], 0x78, `${name}: zlib`);
    assert.deepEqual(await app.asyncResult('a').get({ timeoutMs: 5_000 }), { deep: [1, null] });
    await assert.rejects(app.asyncResult('b').get({ timeoutMs: 5_000 }), /too far/);
    await app.groupResult('g', [app.asyncResult('a'), app.asyncResult('b')]).save();
    assert.equal((await backend.fetchGroup('g'))?.[0], 0x78, `${name}: zlib`);
    const restored = await GroupResult.restore('g', app);
    assert.deepEqual(
      restored?.results.map(({ id }) => id),
      ['a', 'b'],
    );
    await backend.deleteGroup('g');
    assert.equal(await backend.fetchGroup('g'), null);
  }, SETTINGS));

test('a document that the format cannot carry is refused, and nothing of its batch is stored', () =>
  onEachBackend(async ({ app, write }) => {
    await assert.rejects(write.succeed('a', new Date(0)), EncodeError);
    assert.equal(await app.asyncResult('a').state(), 'PENDING');
  }, SETTINGS));
