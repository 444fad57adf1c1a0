/** Groups as Celery saves them in its stores, restored here and saved again without a change. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GroupResult } from '../../core/app/group-result.js';
import { recordedFile } from '../support/celery-recordings.js';
import { ResultFixture } from '../support/result-fixture.js';

interface RecordedResult {
  readonly keys_after?: Readonly<Record<string, { readonly value: unknown }>>;
}

const PREFIX = 'celery-taskset-meta-';

function savedGroups(version: string): readonly (readonly [id: string, document: string])[] {
  const { vectors } = recordedFile(`results_redis_${version}`) as { readonly vectors: readonly RecordedResult[] };
  return vectors.flatMap(({ keys_after: keys = {} }) =>
    Object.entries(keys).flatMap(([key, { value }]) =>
      key.startsWith(PREFIX) && typeof value === 'string' ? [[key.slice(PREFIX.length), value] as const] : [],
    ),
  );
}

for (const version of ['5.6', '5.2']) {
  test(`Celery ${version} a saved group is restored, and saved again it says the same`, async () => {
    const groups = savedGroups(version);
    assert.ok(groups.length > 0);
    for (const [id, document] of groups) {
      const { backend, source } = new ResultFixture();
      await backend.saveGroup(id, Buffer.from(document));
      const group = await GroupResult.restore(id, { resultSource: source });
      assert.equal(group?.id, id);
      assert.ok(group.size > 0);
      await backend.deleteGroup(id);
      await group.save();
      const saved = Buffer.from((await backend.fetchGroup(id)) ?? []).toString();
      assert.deepStrictEqual(JSON.parse(saved), JSON.parse(document));
    }
  });
}
