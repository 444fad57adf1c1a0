/**
 * The output contract (design §3): stdout carries the answer and nothing else, all other text goes to stderr. Every
 * command writes through this file.
 */

/** One answer, or one line of it. */
export function answer(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Text for people. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** One line that says what is wrong and what to do. */
export function complain(text: string): void {
  note(`celeriac: ${oneLine(text)}`);
}

/** Whether text for people may have colours (CLI-07, ENV-18): the option, `NO_COLOR`, `FORCE_COLOR`, then the terminal. */
export function hasColor(wantsColor: boolean): boolean {
  const { NO_COLOR: forbidden = '', FORCE_COLOR: forced = '' } = process.env;
  if (!wantsColor || forbidden !== '') return false;
  return process.stderr.isTTY || (forced !== '' && forced !== '0');
}

/** Line breaks become spaces, control characters are shown, not obeyed: the text may come from a message. */
export function oneLine(text: string): string {
  return text
    .replaceAll(/\s*\n\s*/g, ' ')
    .replaceAll(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .trim();
}

/** A reader that goes away (`celeriac dead list | head`) is no error. */
export function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}

/** Resolves when what was written has left the process. */
export async function flushOutput(): Promise<void> {
  const streams = [process.stdout, process.stderr];
  const written = streams.map((stream) => new Promise<unknown>((resolve) => stream.write('', resolve)));
  await Promise.all(written);
}
