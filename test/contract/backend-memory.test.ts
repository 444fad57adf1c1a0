import { systemClock } from '../../core/kernel/clock.js';
import { createMemoryBackend } from '../../backends/memory/memory-backend.js';
import { exerciseBackend } from './backend.contract.js';

let lastName = 0;

exerciseBackend('memory', () => {
  const url = `memory://contract-${String(++lastName)}`;
  return Promise.resolve({
    open: async (retention) => {
      const backend = createMemoryBackend({ url, clock: systemClock, expiresMs: null, ...retention });
      await backend.connect(5_000);
      return backend;
    },
    dispose: () => Promise.resolve(),
  });
});
