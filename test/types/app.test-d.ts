/** Types of the public API, checked by the build: nothing here runs. */
import { expectTypeOf } from 'expect-type';
import { Celeriac, type AsyncResult, type Task, type TaskContext } from '../../core/app/public.js';

export async function typesOfTheApp(app: Celeriac): Promise<void> {
  const add = app.task('shop.add', (a: number, b: number) => a + b);
  expectTypeOf(add).toEqualTypeOf<Task<[a: number, b: number], number>>();
  expectTypeOf(add(2, 3)).toEqualTypeOf<number>();
  expectTypeOf(await add.delay(2, 3)).toEqualTypeOf<AsyncResult<number>>();
  expectTypeOf(await (await add.delay(2, 3)).get()).toEqualTypeOf<number>();
  expectTypeOf(await (await add.applyAsync({ args: [2, 3], countdown: 1 })).get()).toEqualTypeOf<number>();

  // @ts-expect-error an argument of the wrong type
  await add.delay(2, '3');
  // @ts-expect-error an argument is missing
  await add.delay(2);
  // @ts-expect-error an argument too many
  await add.delay(2, 3, 4);
  // @ts-expect-error args of the wrong type
  await add.applyAsync({ args: ['2', 3] });
  // @ts-expect-error no such option of a call
  await add.applyAsync({ args: [2, 3], countDown: 1 });

  const read = app.task('shop.read', async (path: string) => Promise.resolve({ path, bytes: 1 }));
  expectTypeOf(read).toEqualTypeOf<Task<[path: string], Promise<{ path: string; bytes: number }>>>();
  expectTypeOf(await (await read.delay('a')).get()).toEqualTypeOf<{ path: string; bytes: number }>();

  const optional = app.task('shop.optional', (a: number, b?: string) => [a, b]);
  await optional.delay(1);
  await optional.delay(1, 'b');

  const rest = app.task('shop.rest', (...parts: readonly string[]) => parts.length);
  await rest.delay('a', 'b', 'c');

  const resize = app.task('shop.resize', { bind: true, timeLimit: 30 }, (ctx, path: string, width: number) => {
    expectTypeOf(ctx).toEqualTypeOf<TaskContext>();
    expectTypeOf(ctx.signal).toEqualTypeOf<AbortSignal>();
    return `${path}-${String(width)}`;
  });
  expectTypeOf(resize).toEqualTypeOf<Task<[path: string, width: number], string>>();
  // @ts-expect-error the context is not an argument of the caller
  await resize.delay({}, 'a.png', 640);

  const limited = app.task('shop.limited', { timeLimit: 30, autoretryFor: [RangeError] }, (width: number) => width);
  expectTypeOf(limited).toEqualTypeOf<Task<[width: number], number>>();
  // @ts-expect-error no such option of a task
  app.task('shop.typo', { timelimit: 30 }, () => 1);
  app.task('shop.classes', { autoretryFor: [RangeError, 'KeyError'], acks_late: true }, () => 1);
  // @ts-expect-error not a list of error classes
  app.task('shop.classes', { autoretryFor: [42] }, () => 1);
  // @ts-expect-error an option in Celery's spelling has the type of ours
  app.task('shop.classes', { acks_late: 'yes' }, () => 1);
}

export async function typesOfCallsByName(app: Celeriac): Promise<void> {
  expectTypeOf(await app.sendTask<number>('python.task', { args: [1], kwargs: { y: 2 } })).toEqualTypeOf<
    AsyncResult<number>
  >();
  expectTypeOf(await (await app.sendTask('python.task')).get()).toEqualTypeOf<unknown>();
  expectTypeOf(await app.asyncResult<string>('id').get()).toEqualTypeOf<string>();
}

export function typesOfSettings(): void {
  new Celeriac('shop', { taskAcksLate: true, task_acks_late: true, myOwn: { any: 'thing' } });
  // @ts-expect-error a setting of the wrong type
  new Celeriac('shop', { workerConcurrency: 'four' });
  expectTypeOf<Celeriac['conf']['resultBackend']>().toEqualTypeOf<string | null>();
  expectTypeOf<Celeriac['conf']['reliability']>().toEqualTypeOf<'safe' | 'compat'>();
}
