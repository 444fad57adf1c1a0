import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../../../core/kernel/errors.js';
import { isLoopback, parseHttpAddress } from '../../../monitor/http/http-address.js';

describe('an address to listen on', () => {
  it('is a port, or a host and a port; without a host it is loopback', () => {
    assert.deepEqual(parseHttpAddress('9808'), { host: '127.0.0.1', port: 9808 });
    assert.deepEqual(parseHttpAddress('0.0.0.0:0'), { host: '0.0.0.0', port: 0 });
    assert.deepEqual(parseHttpAddress('[::1]:80'), { host: '::1', port: 80 });
    assert.deepEqual(parseHttpAddress('localhost:65535'), { host: 'localhost', port: 65_535 });
  });

  it('is refused when it is none', () => {
    for (const text of ['', 'localhost', ':80', '::1:80', '1.2.3.4:65536', 'a b:80', '127.0.0.1:-1']) {
      assert.throws(() => parseHttpAddress(text), ConfigError, text);
    }
  });

  it('is refused when there is no port for each node', () => {
    assert.equal(parseHttpAddress('65534', 2).port, 65_534);
    assert.equal(parseHttpAddress('0', 2).port, 0);
    assert.throws(() => parseHttpAddress('65535', 2), /no room for 2 ports/);
  });

  it('is known as loopback by its form, not by asking', () => {
    assert.deepEqual(['localhost', '127.0.0.1', '127.9.9.9', '::1'].map(isLoopback), [true, true, true, true]);
    assert.deepEqual(['0.0.0.0', '127.evil.example', '10.0.0.1'].map(isLoopback), [false, false, false]);
  });
});
