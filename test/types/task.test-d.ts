/** Types of task options, classes, schemas, hooks and signals, checked by the build: nothing here runs. */
import { expectTypeOf } from 'expect-type';
import { z } from 'zod';
import {
  getTaskLogger,
  signals,
  type Celeriac,
  type ExecutionOptions,
  type SignalTable,
  type Retry,
  type Task,
  type TaskClass,
  type TaskContext,
  type TaskOptions,
  type TaskRequest,
} from '../../core/app/public.js';

export async function typesOfSchemas(app: Celeriac): Promise<void> {
  const args = z.tuple([z.coerce.number<string>(), z.boolean()]);
  const checked = app.task('shop.checked', { schema: { args } }, (width, isFast) => {
    expectTypeOf(width).toEqualTypeOf<number>();
    expectTypeOf(isFast).toEqualTypeOf<boolean>();
    return width;
  });
  expectTypeOf(checked).toEqualTypeOf<Task<[string, boolean], number>>();
  await checked.delay('3', true);
  // @ts-expect-error what the schema takes, not what the function gets
  await checked.delay(3, true);
  app.task('shop.bound', { bind: true, schema: { args } }, (ctx, width) => {
    expectTypeOf(ctx).toEqualTypeOf<TaskContext>();
    expectTypeOf(width).toEqualTypeOf<number>();
  });
  // @ts-expect-error not a schema
  app.task('shop.wrong', { schema: { args: 1 } }, () => 1);
}

export async function typesOfClasses(app: Celeriac): Promise<void> {
  class Resize extends app.Task {
    static override readonly options: TaskOptions = { queue: 'images' };
    run(path: string, width: number): string {
      expectTypeOf(this.ctx).toEqualTypeOf<TaskContext>();
      return `${path}-${String(width)}`;
    }
    override onSuccess(retval: unknown): void {
      expectTypeOf(retval).toEqualTypeOf<unknown>();
    }
  }
  const resize = app.registerTask(Resize);
  expectTypeOf(resize).toEqualTypeOf<Task<[path: string, width: number], string>>();
  expectTypeOf(app.registerTask(new Resize())).toEqualTypeOf<Task<[path: string, width: number], string>>();
  expectTypeOf(new Resize()).toExtend<TaskClass>();
  // @ts-expect-error an argument of the wrong type
  await resize.delay('a', 'wide');
  // @ts-expect-error no such option
  class Wrong extends app.Task {
    static override readonly options = { queu: 1 };
    run(): void {
      return;
    }
  }
  app.task('shop.based', { base: Resize, throws: [RangeError, 'KeyError'] }, () => 1);
  app.registerTask(Wrong);
}

export function typesOfOptions(app: Celeriac): void {
  const hooks: TaskOptions = {
    onFailure: (...call) => {
      const [error, taskId, , , einfo] = call;
      expectTypeOf(error).toEqualTypeOf<unknown>();
      expectTypeOf(taskId).toEqualTypeOf<string>();
      expectTypeOf(einfo.traceback).toEqualTypeOf<string | null>();
    },
    rateLimit: '10/m',
    expires: new Date(),
    retryKwargs: { maxRetries: 3 },
    soft_time_limit: 3,
  };
  app.task('shop.hooked', { ...hooks, bind: false }, () => 1);
  // @ts-expect-error no such rate
  app.task('shop.rate', { rateLimit: true }, () => 1);
  // @ts-expect-error neither mode
  app.task('shop.mode', { deliveryMode: 3 }, () => 1);
}

export function typesOfContext(ctx: TaskContext): void {
  expectTypeOf(ctx.retry({ args: [1], queue: 'slow', countdown: 1 })).toEqualTypeOf<Retry>();
  expectTypeOf(ctx.request).toEqualTypeOf<TaskRequest>();
  expectTypeOf(ctx.request.asExecutionOptions()).toEqualTypeOf<ExecutionOptions>();
  expectTypeOf(ctx.isAborted()).toEqualTypeOf<Promise<boolean>>();
  getTaskLogger('shop').info({ width: 3 }, 'resized');
}

export function typesOfSignals(task: Task<[], number>): void {
  const disconnect = signals.taskFailure.connect(
    ({ taskId, exception, sender }) => {
      expectTypeOf(taskId).toEqualTypeOf<string>();
      expectTypeOf(exception).toEqualTypeOf<unknown>();
      expectTypeOf(sender.taskName).toEqualTypeOf<string>();
    },
    { sender: task, dispatchUid: 'one' },
  );
  disconnect();
  // @ts-expect-error no such signal
  const wrong: keyof SignalTable = 'taskFailed';
  expectTypeOf(wrong).toExtend<string>();
}
