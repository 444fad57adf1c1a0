/** Everybody who takes part, we first. */
import { InvariantError } from '../../core/kernel/errors.js';
import { celeriac } from './celeriac-contender.js';
import type { Contender } from './contender.js';
import { piscinas } from './piscina-contenders.js';
import { poolifier } from './poolifier-contender.js';
import { tinypools } from './tinypool-contenders.js';
import { workerpool } from './workerpool-contender.js';

export const contenders: readonly Contender[] = [celeriac, ...piscinas, ...tinypools, workerpool, poolifier];

/** @throws InvariantError for an id that nobody has. */
export function findContender(id: string): Contender {
  const contender = contenders.find((one) => one.id === id);
  if (contender === undefined) throw new InvariantError(`no contender "${id}"`);
  return contender;
}
