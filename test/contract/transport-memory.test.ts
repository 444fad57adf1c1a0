import { systemClock } from '../../core/kernel/clock.js';
import { createMemoryTransport } from '../../transports/memory/memory-transport.js';
import { exerciseTransport } from './transport.contract.js';

let lastName = 0;

exerciseTransport(
  'memory',
  () => {
    const url = `memory://contract-${String(++lastName)}`;
    return Promise.resolve({
      open: async () => {
        const transport = createMemoryTransport({ url, clock: systemClock });
        await transport.connect(5_000);
        return transport;
      },
      dispose: () => Promise.resolve(),
    });
  },
  createMemoryTransport({ url: 'memory://', clock: systemClock }).capabilities,
);
