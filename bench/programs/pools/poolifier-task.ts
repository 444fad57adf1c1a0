/** Wraps a task module for poolifier: inside its threads, which know the library only by URL. */
import { workerData } from 'node:worker_threads';

interface WrapperData {
  readonly taskUrl: string;
  readonly peerUrl: string;
}
interface TaskModule {
  readonly default: (value: unknown) => unknown;
}
interface PoolifierModule {
  readonly ThreadWorker: new (functions: Readonly<Record<string, (value: unknown) => unknown>>) => unknown;
}

async function serve({ taskUrl, peerUrl }: WrapperData): Promise<void> {
  const task = (await import(taskUrl)) as TaskModule;
  const library = (await import(peerUrl)) as PoolifierModule;
  new library.ThreadWorker({ task: task.default });
}

void serve(workerData as WrapperData);
