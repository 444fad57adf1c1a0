/** What Celery's database backend stores: pickles of results and exceptions (NM-09), as Python 3.11 wrote them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContentDisallowed } from '../../core/kernel/errors.js';
import { ErrorPrototypes, errorOfDocument } from '../../core/protocol/exception.js';
import { DEFAULT_MESSAGE_LIMITS } from '../../core/protocol/message-limits.js';
import { readPickle } from '../../core/protocol/pickle-reader.js';
import { writePickle } from '../../core/protocol/pickle-writer.js';
import { recordedFile } from '../support/celery-recordings.js';

interface Row {
  readonly task_id?: string;
  readonly traceback?: string | null;
  readonly result: { readonly base64: string } | null;
}
interface Tables {
  readonly rows: { readonly celery_taskmeta: readonly Row[]; readonly celery_tasksetmeta: readonly Row[] };
}
const file = recordedFile('database_backend_5.6') as { readonly plain: Tables; readonly extended: Tables };

function read({ result }: Row): unknown {
  return readPickle(Buffer.from(result?.base64 ?? '', 'base64'), DEFAULT_MESSAGE_LIMITS);
}

for (const tables of ['plain', 'extended'] as const) {
  const { rows } = file[tables];
  test(`results in ${tables} tables read as data, and what is written again reads the same`, () => {
    const results = new Map(rows.celery_taskmeta.map((row) => [row.task_id, read(row)]));
    assert.equal(results.get('t-success'), 5);
    assert.deepStrictEqual(results.get('t-dict'), { a: [1, 2.5, null, 'é'], b: true });
    for (const value of results.values()) {
      assert.deepStrictEqual(readPickle(Buffer.from(writePickle(value)), DEFAULT_MESSAGE_LIMITS), value);
    }
    const failure = errorOfDocument(
      { result: results.get('t-failure'), traceback: 'Traceback text' },
      new ErrorPrototypes(),
    );
    assert.equal(failure.message, "('boom', 42)");
  });

  test(`groups in ${tables} tables hold Python's classes and are refused`, () => {
    assert.ok(rows.celery_tasksetmeta.length > 0);
    for (const row of rows.celery_tasksetmeta) assert.throws(() => read(row), ContentDisallowed);
  });
}
