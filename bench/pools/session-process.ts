/**
 * One contender at one workload, in a process of its own, asked for samples over IPC by session.ts. Arguments: the
 * case's name, the contender's id, and `quick` or `full`. It ends when it is killed, or with the driver.
 */
import { loadPoolWorkload } from '../harness/case-folder.js';
import { findContender } from './contenders.js';
import { openLocalSession, type SessionReply } from './session.js';

function reply(message: SessionReply): void {
  process.send?.(message);
}

async function serve(caseName: string, contenderId: string, isQuick: boolean): Promise<void> {
  process.once('disconnect', () => process.exit());
  try {
    const context = {
      size: (full: number, quick: number) => (isQuick ? quick : full),
      log: (line: string) => process.stderr.write(`${line}\n`),
    };
    const session = await openLocalSession(await loadPoolWorkload(caseName), findContender(contenderId), context);
    process.on('message', () => {
      // What the last sample left on the heap shall not be collected in the time of the next.
      globalThis.gc?.();
      session.sample().then(
        (readings) => {
          reply({ readings });
        },
        (error: unknown) => {
          reply({ failure: describe(error) });
        },
      );
    });
    reply({ readings: {} });
  } catch (error) {
    reply({ failure: describe(error) });
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const [, , caseName = '', contenderId = '', extent] = process.argv;
void serve(caseName, contenderId, extent === 'quick');
