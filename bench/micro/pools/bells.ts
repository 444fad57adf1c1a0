/** What a turn of the loop pays beside its records: words of the status block, and a bell that is not needed. */
import { InvariantError } from '../../../core/kernel/errors.js';
import { Doorbell, ParkedWord } from '../../../pools/ring/doorbell.js';
import { SharedMemory } from '../../../pools/ring/memory.js';
import { STATUS_BYTES, StatusBlock } from '../../../pools/ring/status-block.js';
import { makeTicket } from '../../../pools/ring/ticket.js';
import type { MicroCase } from '../micro-case.js';

const TICKET = makeTicket(1, 3);

function statusCase(): MicroCase {
  const status = new StatusBlock(new SharedMemory(new SharedArrayBuffer(STATUS_BYTES)), 0);
  let seen = 0;
  let runs = 0;
  return {
    name: 'status block: a run begins, is looked at, ends',
    run: () => {
      status.beginRun(TICKET, runs);
      if (status.slotOf(TICKET) !== null) seen++;
      status.endRun();
      runs++;
    },
    check: () => {
      if (runs === 0 || seen !== runs) throw new InvariantError(`${seen} of ${runs} runs were seen`);
    },
  };
}

function bellCase(isParked: boolean): MicroCase {
  const memory = new SharedMemory(new SharedArrayBuffer(256));
  let bells = 0;
  let rounds = 0;
  const bell = new Doorbell(memory, 0, { postMessage: () => bells++ });
  const sleeper = new ParkedWord(memory, 0);
  return {
    name: `doorbell: ${isParked ? 'parked, rung, without the port' : 'rung while awake'}`,
    run: () => {
      rounds++;
      if (isParked) sleeper.park();
      bell.ring();
    },
    check: () => {
      if (bells !== (isParked ? rounds : 0)) throw new InvariantError(`${bells} bells in ${rounds} rounds`);
    },
  };
}

export function createBellCases(): readonly MicroCase[] {
  return [statusCase(), bellCase(false), bellCase(true)];
}
