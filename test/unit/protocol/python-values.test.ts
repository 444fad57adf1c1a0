import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { Decimal } from '../../../core/protocol/python-values.js';

test('a decimal number can be seen where it is printed', () => {
  assert.equal(inspect({ price: new Decimal('10.250') }), "{ price: Decimal('10.250') }");
});
