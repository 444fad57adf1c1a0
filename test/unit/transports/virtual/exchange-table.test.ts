import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { TransportError } from '../../../../core/kernel/errors.js';
import { HeaderBlock } from '../../../../core/kernel/header-block.js';
import type { ExchangeType } from '../../../../core/ports/transport.js';
import { ExchangeTable } from '../../../../transports/virtual/exchange-table.js';

const noHeaders = HeaderBlock.fromTable({});

function tableOf(type: ExchangeType): ExchangeTable {
  const table = new ExchangeTable();
  table.declare({ name: 'x', type, durable: true });
  return table;
}

function route(table: ExchangeTable, routingKey: string, headers = noHeaders): readonly string[] | null {
  return table.route({ exchange: 'x', routingKey, headers });
}

describe('exchange table', () => {
  test('the anonymous exchange leads to the queue of that name', () => {
    assert.deepEqual(new ExchangeTable().route({ exchange: '', routingKey: 'q', headers: noHeaders }), ['q']);
  });

  test('an unknown exchange is told from one that leads nowhere', () => {
    assert.equal(new ExchangeTable().route({ exchange: 'x', routingKey: 'q', headers: noHeaders }), null);
    assert.deepEqual(route(tableOf('direct'), 'q'), []);
  });

  test('whatever is bound and taken back in between, a route is as if it were asked for the first time', () => {
    const keys = fc.constantFrom('a', 'b', 'a.b', '#');
    const step = fc.record({
      kind: fc.constantFrom('bind' as const, 'unbind' as const, 'route' as const, 'remove' as const),
      queue: fc.constantFrom('q', 'r'),
      routingKey: keys,
    });
    fc.assert(
      fc.property(
        fc.constantFrom('direct' as const, 'topic' as const, 'fanout' as const),
        fc.array(step),
        (type, steps) => {
          const table = tableOf(type);
          const bound = new Map<string, { queue: string; routingKey: string }>();
          for (const { kind, queue, routingKey } of steps) {
            const binding = { exchange: 'x', routingKey };
            const key = `${queue} ${routingKey}`;
            if (kind === 'bind') {
              table.bind(queue, binding);
              if (!bound.has(key)) bound.set(key, { queue, routingKey });
            } else if (kind === 'unbind') {
              table.unbind(queue, binding);
              bound.delete(key);
            } else if (kind === 'remove') {
              table.removeQueue(queue);
              for (const [at, one] of bound) if (one.queue === queue) bound.delete(at);
            } else {
              const fresh = tableOf(type);
              for (const one of bound.values()) fresh.bind(one.queue, { exchange: 'x', routingKey: one.routingKey });
              assert.deepEqual(
                [...(route(table, routingKey) ?? [])].sort(),
                [...(route(fresh, routingKey) ?? [])].sort(),
              );
            }
          }
        },
      ),
    );
  });

  test('bindings that differ in their arguments are two, each is taken back by itself', () => {
    const table = tableOf('headers');
    const [one, two] = [{ kind: 'pdf' }, { kind: 'zip' }];
    for (const args of [one, two]) table.bind('q', { exchange: 'x', routingKey: '', arguments: args });
    table.unbind('q', { exchange: 'x', routingKey: '', arguments: one });
    assert.deepEqual(route(table, '', HeaderBlock.fromTable(one)), []);
    assert.deepEqual(route(table, '', HeaderBlock.fromTable(two)), ['q']);
  });

  test('routing keys of strangers do not fill the memory, and are still right', () => {
    const table = tableOf('topic');
    table.bind('q', { exchange: 'x', routingKey: 'a.#' });
    for (let i = 0; i < 5_000; i++) assert.deepEqual(route(table, `a.${String(i)}`), ['q']);
    assert.deepEqual(route(table, 'b'), []);
  });

  test('what makes no sense is refused', () => {
    const table = tableOf('direct');
    assert.throws(() => {
      table.declare({ name: 'x', type: 'topic', durable: true });
    }, TransportError);
    assert.throws(() => {
      table.declare({ name: '', type: 'direct', durable: true });
    }, TransportError);
    assert.throws(() => {
      table.bind('q', { exchange: 'missing', routingKey: '' });
    }, TransportError);
  });
});
