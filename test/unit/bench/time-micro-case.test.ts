import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { timeMicroCase, type BenchmarkModule } from '../../../bench/micro/time-micro-case.js';

/** Runs once and says that it took these seconds. */
function library(sample: readonly number[]): BenchmarkModule {
  return {
    default: class {
      readonly stats = { sample };
      readonly #run: () => void;
      error?: Error;
      constructor(_name: string, run: () => void) {
        this.#run = run;
      }
      run(): void {
        try {
          this.#run();
        } catch (error) {
          // As the package does: it keeps the error and goes on.
          this.error = error as Error;
        }
      }
    },
  };
}

const noCheck = (): void => undefined;

describe('timing of micro cases', () => {
  it('seconds for one become operations a second, with their median', () => {
    const { series } = timeMicroCase(library([0.5, 0.25, 0.1]), { name: 'x', run: noCheck, check: noCheck }, true);
    assert.deepEqual(series.samples, [2, 4, 10]);
    assert.equal(series.median, 4);
  });

  it('an operation that throws fails the case, though the package would go on', () => {
    const full = (): void => {
      throw new Error('the ring is full');
    };
    assert.throws(() => timeMicroCase(library([1]), { name: 'x', run: full, check: noCheck }, true), /ring is full/);
  });

  it('runs whose work was not done fail the case', () => {
    const check = (): void => {
      throw new Error('3 of 4 records were read');
    };
    assert.throws(() => timeMicroCase(library([1]), { name: 'x', run: noCheck, check }, true), /3 of 4/);
  });
});
