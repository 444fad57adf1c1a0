/** A question at the terminal, on stderr, for commands that remove something. */
import { createInterface } from 'node:readline/promises';

/** Whether the answer is yes. */
export async function isConfirmed(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const reply = await terminal.question(`${question} (yes/no) `);
  terminal.close();
  return reply.trim().toLowerCase() === 'yes';
}
