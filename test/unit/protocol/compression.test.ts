/** What Python's and the command line's compressors wrote is read; bombs, damage and the unknown cost little (M7). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, deflateSync } from 'node:zlib';
import * as zlib from 'node:zlib';
import { ConfigError, ProtocolError } from '../../../core/kernel/errors.js';
import { compressionNamed, decompressBody, registerCompression } from '../../../core/protocol/compression.js';
import { loadOptional } from '../../../core/protocol/optional-package.js';

const plain = Buffer.from('hello celery '.repeat(20));

/** Written by Python 3.11 (`lzma.compress`, `bz2.compress`) and zstd 1.5. */
const written = {
  lzma: '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AEDABNdADQZSe6N6RIl/qCpYLpZS/8wgAAAAITLDZ+ew4enAAEvhAIAAADnvcDbscRn+wIAAAAABFla',
  bzip2: 'QlpoOTFBWSZTWV3Xd0EAAEWRgEAACkSQICAAUIYEBSoA4TxMk0ThOk0TomRME8T4u5IpwoSC7ru6CA==',
  zstd: 'KLUv/QRYpQAAaGhlbGxvIGNlbGVyeSABAHSg5hfYjpAk',
  zlib: deflateSync(plain).toString('base64'),
  brotli: brotliCompressSync(plain).toString('base64'),
};
const canWriteZstd = 'zstdCompressSync' in zlib;

for (const [name, base64] of Object.entries(written)) {
  const bytes = Buffer.from(base64, 'base64');
  const { contentType, names } = compressionNamed(name);

  test(`WIRE-30 ${name} is read under its MIME type and its aliases, up to the limit exactly`, () => {
    for (const label of [contentType, ...names]) {
      assert.deepStrictEqual(Buffer.from(decompressBody(bytes, label, plain.length)), plain, label);
    }
    assert.throws(() => decompressBody(bytes, name, plain.length - 1), { reason: 'too-large' });
  });

  test(`M7 ${name}: damage, trailing data and another codec are a ProtocolError`, () => {
    const noise = Buffer.from('not a stream at all, whatever it says it is');
    for (const bad of [noise, Buffer.alloc(0), bytes.subarray(0, -6), bytes.subarray(0, 10)]) {
      assert.throws(() => decompressBody(bad, name, 10_000), { name: 'ProtocolError', reason: 'bad-compression' });
    }
    for (let i = 0; i < bytes.length; i++) {
      const flipped = Buffer.from(bytes);
      flipped[i] = (flipped[i] ?? 0) ^ 0x55;
      try {
        decompressBody(flipped, name, 10_000);
      } catch (error) {
        assert.ok(error instanceof ProtocolError, `byte ${String(i)}: ${String(error)}`);
      }
    }
  });
}

test('M7 a bomb ends at the limit, in little time', () => {
  const zeros = Buffer.alloc(64 * 1024 * 1024);
  // 64 MiB of zeros by Python's bz2.compress, and by zstd: repeated frames of its blocks.
  const bombs = new Map([
    ['zlib', deflateSync(zeros)],
    ['brotli', brotliCompressSync(zeros, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } })],
    ['zstd', zstdOfZeros(500)],
    ['lzma', xzOfZeros(40)],
  ]);
  for (const [name, bytes] of bombs) {
    const started = process.hrtime.bigint();
    assert.throws(() => decompressBody(bytes, name, 1_000_000), { reason: 'too-large' }, name);
    const ms = Number(process.hrtime.bigint() - started) / 1e6;
    assert.ok(ms < 2_000, `${name} took ${String(ms)} ms`);
  }
});

test('M7 a zstd frame or an xz stream that asks for much memory is refused before any is reserved', () => {
  const window = Buffer.from('28b52ffd00ff010000', 'hex');
  const size = Buffer.from('28b52ffde0ffffffffffffff0f010000', 'hex');
  if (!canWriteZstd) {
    for (const bytes of [window, size]) {
      assert.throws(() => decompressBody(bytes, 'zstd', 1_000_000), { reason: 'too-large' });
    }
  }
  const xz = Buffer.from(written.lzma, 'base64');
  xz[16] = 40;
  assert.throws(() => decompressBody(xz, 'lzma', 1_000_000), /dictionary/);
});

test('what is not known is refused, with the names that are', () => {
  assert.throws(() => decompressBody(plain, 'application/x-\nzip', 1000), { reason: 'unknown-compression' });
  assert.throws(() => compressionNamed('zip'), /known: zlib, gzip, brotli, br, zstd/);
  for (const name of ['bzip2', 'lzma', ...(canWriteZstd ? [] : ['zstd'])]) {
    assert.throws(() => compressionNamed(name).compress(plain), ConfigError);
  }
  assert.throws(() => loadOptional('no-such-package-of-ours', 'a test'), /npm install no-such-package-of-ours/);
});

test('a compression of the application takes part until it is taken back', () => {
  const undo = registerCompression({
    names: ['twice'],
    contentType: 'application/x-twice',
    compress: (bytes) => Buffer.concat([bytes, bytes]),
    decompress: (bytes) => bytes.subarray(0, bytes.length / 2),
  });
  const packed = compressionNamed('twice').compress(plain);
  assert.deepStrictEqual(decompressBody(packed, 'application/x-twice', 1000), plain);
  undo();
  assert.throws(() => compressionNamed('twice'), ConfigError);
});

/** One frame of blocks that each say: 128 KiB of one byte. */
function zstdOfZeros(blocks: number): Buffer {
  const parts = [Buffer.from('28b52ffd0040', 'hex')];
  for (let i = 1; i <= blocks; i++) {
    const head = Buffer.alloc(4);
    head.writeUIntLE((i === blocks ? 1 : 0) | (1 << 1) | ((128 * 1024) << 3), 0, 3);
    parts.push(head);
  }
  return Buffer.concat(parts);
}

/** Chunks of 2 MiB each, whose content nobody looks at. */
function xzOfZeros(chunks: number): Buffer {
  const head = Buffer.from(written.lzma, 'base64').subarray(0, 24);
  const chunk = Buffer.from('ffffff00055d000000000000', 'hex');
  return Buffer.concat([head, ...Array.from({ length: chunks }, () => chunk), Buffer.alloc(40)]);
}

/** Frame with a window of 8 MiB and the size of its content in four bytes, of blocks that repeat one byte. */
function zstdFrame(contentSize: number, blocks: number): Buffer {
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x80, 0x68, 0, 0, 0, 0]);
  head.writeUInt32LE(contentSize, 6);
  const block = (isLast: boolean): Buffer => Buffer.from([(1 << 3) | 2 | (isLast ? 1 : 0), 0, 0, 0x61]);
  return Buffer.concat([head, ...Array.from({ length: blocks }, (_, i) => block(i === blocks - 1))]);
}

test(
  'M7 a zstd frame is judged by its content size too, and by how often its window would be moved',
  { skip: canWriteZstd },
  () => {
    assert.strictEqual(Buffer.from(decompressBody(zstdFrame(2, 2), 'zstd', 1_000)).toString(), 'aa');
    assert.throws(() => decompressBody(zstdFrame(0x7ff00000, 1), 'zstd', 1_000), { reason: 'too-large' });
    assert.throws(() => decompressBody(zstdFrame(2_000, 2_000), 'zstd', 10_000), { reason: 'too-large' });
  },
);

test('M7 a second zstd frame behind the first is refused, whatever it claims', { skip: canWriteZstd }, () => {
  const two = Buffer.concat([zstdFrame(2, 2), zstdFrame(2, 2)]);
  assert.throws(() => decompressBody(two, 'zstd', 1_000), { reason: 'bad-compression' });
});
