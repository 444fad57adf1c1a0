import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvalidArgumentError } from 'commander';
import {
  parseCount,
  parseEta,
  parseExpires,
  parseJsonList,
  parseJsonObject,
  parseLogLevel,
  parseNames,
  parseSeconds,
} from '../../../cli/option-values.js';

function refuses(parse: () => unknown, reason: RegExp): void {
  assert.throws(parse, (error) => error instanceof InvalidArgumentError && reason.test(error.message));
}

describe('values of options', () => {
  it('CLI-23 levels are Celery names in any case', () => {
    assert.deepEqual(['debug', 'Info', 'WARNING', 'error', 'critical', 'FATAL'].map(parseLogLevel), [
      ...['debug', 'info', 'warn', 'error'],
      ...['fatal', 'fatal'],
    ]);
    refuses(() => parseLogLevel('loud'), /DEBUG, INFO/);
  });

  it('counts are whole and in range', () => {
    assert.equal(parseCount(0)('0'), 0);
    for (const text of ['0', '-1', '1.5', '', 'x', '1e3']) refuses(() => parseCount(1)(text), /at least 1/);
    refuses(() => parseCount(0, 255)('256'), /from 0 to 255/);
  });

  it('seconds may have fractions', () => {
    assert.equal(parseSeconds('0.25'), 0.25);
    for (const text of ['', ' ', 'soon', '-1', 'Infinity']) refuses(() => parseSeconds(text), /seconds/);
  });

  it('names are separated by commas', () => {
    assert.deepEqual(parseNames('celery, images'), ['celery', 'images']);
    refuses(() => parseNames('celery,,images'), /commas/);
  });

  it('CLI-52 eta is an instant, expires an instant or seconds', () => {
    assert.equal(parseEta('2030-01-31T12:00:00Z').toISOString(), '2030-01-31T12:00:00.000Z');
    assert.equal(parseExpires('90'), 90);
    assert.deepEqual(parseExpires('2030-01-31T12:00:00+01:00'), new Date('2030-01-31T11:00:00Z'));
    refuses(() => parseEta('tomorrow'), /ISO 8601/);
    refuses(() => parseExpires('1.2.3'), /seconds/);
  });

  it('arguments are kombu JSON: big integers and typed values survive', () => {
    assert.deepEqual(parseJsonList('[9007199254740993, {"__type__":"datetime","__value__":"2030-01-01T00:00:00Z"}]'), [
      9007199254740993n,
      new Date('2030-01-01T00:00:00Z'),
    ]);
    assert.deepEqual(parseJsonObject('{"a":1}'), { a: 1 });
  });

  it('bad JSON is shown with the place', () => {
    refuses(() => parseJsonList('[1,2}'), /position 4: \[1,2▶\}$/);
    refuses(() => parseJsonObject('[1]'), /must be a JSON object/);
    refuses(() => parseJsonList('{"a":1}'), /must be a JSON array/);
    refuses(
      () => parseJsonObject('{"__type__":"datetime","__value__":"2030-01-01T00:00:00Z"}'),
      /must be a JSON object/,
    );
  });
});
