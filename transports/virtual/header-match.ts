/**
 * Bindings of headers exchanges (ROUTE-10), as RabbitMQ reads them: `x-match` is `all` (the default) or `any`; other names
 * that begin with `x-` are not compared unless it is `all-with-x` or `any-with-x`; a value of null asks only that the
 * header is there. Pure; used by `ExchangeTable`.
 */
import { isDeepStrictEqual } from 'node:util';
import type { HeaderTable, HeaderValue } from '../../core/kernel/header-block.js';

/** Tells whether headers match. */
export type HeaderMatch = (headers: HeaderTable) => boolean;

export function compileHeaderMatch(bindingArguments: HeaderTable): HeaderMatch {
  const mode = bindingArguments['x-match'];
  const countsX = mode === 'all-with-x' || mode === 'any-with-x';
  const expected = Object.entries(bindingArguments).filter(
    ([name]) => name !== 'x-match' && (countsX || !name.startsWith('x-')),
  );
  const holds =
    (headers: HeaderTable) =>
    ([name, value]: readonly [string, HeaderValue | undefined]): boolean =>
      Object.hasOwn(headers, name) && (value === null || value === undefined || isSame(headers[name], value));
  if (mode === 'any' || mode === 'any-with-x') return (headers) => expected.some(holds(headers));
  return (headers) => expected.every(holds(headers));
}

/** 1 and 1n are one number on the wire; stores write the digits of a bigint. */
function isSame(left: HeaderValue | undefined, right: HeaderValue): boolean {
  return isDeepStrictEqual(plain(left), plain(right));
}

function plain(value: HeaderValue | undefined): HeaderValue | undefined {
  return typeof value === 'bigint' ? Number(value) : value;
}
