/** Tasks that show what arrived on the wire. Loaded by the test, the host and the members. */
import {
  Celeriac,
  registerCompression,
  registerSerializer,
  registerType,
  type Compression,
  type Serializer,
} from '../../../core/app/public.js';

export const app = new Celeriac('wire', { brokerUrl: 'memory://wire', resultBackend: 'memory://wire' });

export const echo = app.task('wire.echo', (...args: readonly unknown[]) => args);

/** The class of each argument, or its type. */
export const kinds = app.task('wire.kinds', (...args: readonly unknown[]) =>
  args.map((value) => (typeof value === 'object' && value !== null ? value.constructor.name : typeof value)),
);

/** Numbers as text, for those that JSON has no word for. */
export const words = app.task('wire.words', (...args: readonly unknown[]) => args.map(String));

export const family = app.task('wire.family', async () => {
  const children = [await echo.delay(1), await echo.delay(2)];
  return children.map(({ id }) => id);
});

export const add = app.task('proj.add', { params: ['x', 'y'] }, (x: number, y: number) => x + y);

/** As Python's `anyargs(*args, **kwargs)`: what was recorded from Celery calls it. */
export const anyargs = app.task('proj.anyargs', (...args: readonly unknown[]) => args);

export class OrderRefused extends Error {
  readonly order = 7;
  readonly callback = (): number => 1;
}

export const refuse = app.task('wire.refuse', () => {
  throw new OrderRefused('not today', { cause: new RangeError('the reason') });
});

export const overrun = app.task('wire.overrun', (kind: string) => {
  if (kind === 'type') throw new TypeError('no such thing');
  throw new RangeError('too much');
});

/** Stores its progress while it runs, and tells what is stored then. */
export const progress = app.task('wire.progress', { bind: true }, async (ctx) => {
  await ctx.updateState('PROGRESS', { done: 1 });
  const result = app.asyncResult(ctx.request.id ?? '');
  return [await result.state(), await result.dateDone()];
});

export class Money {
  readonly cents: number;
  constructor(cents: number) {
    this.cents = cents;
  }
}

registerType({
  type: Money,
  marker: 'money',
  encode: ({ cents }) => cents,
  decode: (value) => new Money(Number(value)),
});

/** A format of the application: JSON with every byte inverted. */
export const inverted: Serializer = {
  name: 'inverted',
  contentType: 'application/x-inverted',
  contentEncoding: 'binary',
  encode: (value) => invert(Buffer.from(JSON.stringify(value))),
  decode: (bytes) => JSON.parse(Buffer.from(invert(bytes)).toString()) as unknown,
};
registerSerializer(inverted);

/** A compression of the application, which makes things longer. */
export const doubled: Compression = {
  names: ['doubled'],
  contentType: 'application/x-doubled',
  compress: (bytes) => Buffer.concat([bytes, bytes]),
  decompress: (bytes) => bytes.subarray(0, bytes.length / 2),
};
registerCompression(doubled);

function invert(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => byte ^ 0xff);
}
