/**
 * The signals of this thread (SIG-01), as users import them: `signals.taskPrerun.connect(…)`. One set a thread, kept in
 * the thread's runtime, so that two copies of the package share it. Senders ask `hasListeners` first.
 */
import type { SignalTable } from './signal-catalogue.js';
import { threadRuntime } from './thread-runtime.js';

export const signals: SignalTable = threadRuntime().signals;
