/** Types of the handles of results, checked by the build: nothing here runs. */
import { expectTypeOf } from 'expect-type';
import {
  allowJoinResult,
  GroupResult,
  type Celeriac,
  type ResultMeta,
  type ResultNode,
} from '../../core/app/public.js';

export async function typesOfResults(app: Celeriac): Promise<void> {
  const add = app.task('shop.add', (a: number, b: number) => a + b);
  const sent = [await add.delay(1, 2), await add.delay(3, 4)];

  const set = app.resultSet(sent);
  expectTypeOf(await set.get({ timeoutMs: 1_000 })).toEqualTypeOf<readonly number[]>();
  for await (const [result, value] of set) {
    expectTypeOf(result).toEqualTypeOf<ResultNode<number>>();
    expectTypeOf(value).toEqualTypeOf<number>();
  }
  for await (const [taskId, meta] of set.iterNative()) {
    expectTypeOf(taskId).toEqualTypeOf<string>();
    expectTypeOf(meta).toEqualTypeOf<ResultMeta>();
  }

  const group = app.groupResult('id', sent);
  expectTypeOf(await group.get()).toEqualTypeOf<readonly number[]>();
  expectTypeOf(await GroupResult.restore<number>('id', app)).toEqualTypeOf<GroupResult<number> | null>();
  // A group is a member like any other.
  expectTypeOf(await app.resultSet([group]).get()).toEqualTypeOf<readonly (readonly number[])[]>();

  expectTypeOf(await allowJoinResult(async () => app.asyncResult<string>('id').get())).toEqualTypeOf<string>();
  // @ts-expect-error a value of another type is not a member
  set.add(app.asyncResult<string>('id'));
}
