/** Wraps a task module for workerpool: inside its threads, which know the library only by URL. */
import { workerData } from 'node:worker_threads';

interface WrapperData {
  readonly taskUrl: string;
  readonly peerUrl: string;
}
interface TaskModule {
  readonly default: (value: unknown) => unknown;
}
interface WorkerPoolModule {
  readonly default: { worker(methods: Readonly<Record<string, (value: unknown) => unknown>>): void };
}

async function serve({ taskUrl, peerUrl }: WrapperData): Promise<void> {
  const task = (await import(taskUrl)) as TaskModule;
  const library = (await import(peerUrl)) as WorkerPoolModule;
  library.default.worker({ task: task.default });
}

void serve(workerData as WrapperData);
