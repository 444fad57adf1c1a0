/** The harness weighed against itself: both sides do the same, so a ratio far from 1 is the noise of the machine. */
import type { BenchCase, Side } from '../harness/bench-case.js';
import { checkWork, sumBelow } from '../harness/check-work.js';
import { LatencyRecorder, summarizeLatency } from '../harness/latency-recorder.js';
import { compareSides } from '../harness/sampling.js';

function summingSide(label: string, count: number, recorder: LatencyRecorder): Side {
  return {
    label,
    settings: { additions: count },
    sample: () => {
      const startedMs = performance.now();
      let checksum = 0;
      for (let number = 0; number < count; number++) checksum += number;
      const elapsedMs = performance.now() - startedMs;
      checkWork({ count, checksum: sumBelow(count) }, { count, checksum });
      recorder.record(elapsedMs);
      return Promise.resolve((count / elapsedMs) * 1000);
    },
  };
}

export const benchCase: BenchCase = {
  name: 'harness',
  question: 'How far apart do two equal sides come out on this machine?',
  topology: 'one thread: for (…) sum += number   against   the same',
  metric: { unit: 'additions/s', better: 'higher' },
  async run(context) {
    const count = context.size(20_000_000, 1_000);
    const recorder = new LatencyRecorder();
    const comparison = await compareSides(
      context,
      summingSide('sum', count, recorder),
      summingSide('sum again', count, recorder),
    );
    return [comparison, summarizeLatency('one sample, both sides', recorder)];
  },
};
