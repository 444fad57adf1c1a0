/**
 * A member program that loads, or does not, as the data says for its epoch; the last word holds for all that follow. Runs
 * inside a member. Jobs: `who` answers index and epoch, `exit` ends the member.
 */
import type { MemberLink, MemberProgram } from '../../../core/ports/member-program.js';

export type Loading = 'loads' | 'late' | 'throws' | 'rejects' | 'exits' | 'hangs' | 'throws-later';

export interface LoadingData {
  readonly byEpoch: readonly Loading[];
}

const never = new Promise<void>(() => undefined);

async function load(how: Loading): Promise<void> {
  switch (how) {
    case 'loads':
      break;
    case 'late':
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      break;
    case 'throws':
      throw new TypeError('no such library');
    case 'rejects':
      await Promise.reject(new RangeError('no such server'));
      break;
    case 'exits':
      process.exit(3);
      break;
    case 'throws-later':
      setImmediate(() => {
        throw new RangeError('thrown beside the loading');
      });
      await never;
      break;
    case 'hangs':
      await never;
  }
}

export default async function createProgram({ data, index, epoch }: MemberLink): Promise<MemberProgram> {
  const { byEpoch } = data as LoadingData;
  await load(byEpoch[epoch - 1] ?? byEpoch.at(-1) ?? 'loads');
  return {
    manifest: { epoch },
    run: ({ head }) => {
      if (head === 'exit') process.exit(1);
      return { kind: 1, payload: Buffer.from(`${String(index)}.${String(epoch)}`) };
    },
    close: () => Promise.resolve(),
  };
}
