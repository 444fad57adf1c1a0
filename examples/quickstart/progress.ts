/** Shows how far the work is: a bar that is drawn over itself on a terminal, a line at each tenth elsewhere. */

const barWidth = 40;

export class Progress {
  readonly #total: number;
  readonly #output: NodeJS.WriteStream;
  readonly #startedMs = performance.now();
  #done = 0;
  #shownPercent = -1;

  constructor(total: number, output: NodeJS.WriteStream) {
    this.#total = total;
    this.#output = output;
  }

  advance(): void {
    this.#done++;
    const percent = Math.floor((this.#done / this.#total) * 100);
    const step = this.#output.isTTY ? 1 : 10;
    if (percent < this.#shownPercent + step && this.#shownPercent >= 0) return;
    this.#shownPercent = percent - (percent % step);
    this.#show(percent);
  }

  /** Leaves the line of the bar. */
  end(): void {
    if (this.#output.isTTY) this.#output.write('\n');
  }

  #show(percent: number): void {
    const seconds = ((performance.now() - this.#startedMs) / 1_000).toFixed(1);
    const text = `${String(percent).padStart(3)} %  ${String(this.#done)}/${String(this.#total)} tasks  ${seconds} s`;
    if (!this.#output.isTTY) {
      this.#output.write(`${text}\n`);
      return;
    }
    const filled = Math.round((percent / 100) * barWidth);
    this.#output.write(`\r${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${text}\x1b[K`);
  }
}
