/** A module that only members load: the environment, which each has a copy of, says how one fails or what it tells. */
import { BroadcastChannel, threadId } from 'node:worker_threads';
import { currentApp, signals } from '../../../core/app/public.js';

const fate = process.env['CELERIAC_TEST_MEMBER'];
if (fate === 'throw') throw new RangeError('no such library');
if (fate === 'hang') await new Promise(() => undefined);
if (fate === 'hang-in-handler') signals.workerProcessInit.connect(() => new Promise<void>(() => undefined));

/** What a member says of its start and its end. */
export interface MemberWord {
  readonly kind: 'init' | 'shutdown';
  readonly app: string | null;
  readonly signalHandlers: number;
  readonly threadId: number;
  readonly value: object;
}

function say(kind: MemberWord['kind'], value: object): void {
  const channel = new BroadcastChannel('celeriac-member-words');
  const signalHandlers = process.listenerCount('SIGTERM') + process.listenerCount('SIGINT');
  const word: MemberWord = { kind, app: currentApp()?.main ?? null, signalHandlers, threadId, value };
  channel.postMessage(word);
  channel.close();
}

if (fate === 'talk') {
  signals.workerProcessInit.connect(() => {
    say('init', {});
  });
  signals.workerProcessShutdown.connect(({ pid, exitcode, threadId: thread }) => {
    say('shutdown', { pid, exitcode, threadId: thread });
  });
}
