import { systemClock } from '../../core/kernel/clock.js';
import { createSqliteBackend } from '../../backends/sqlite/sqlite-backend.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { exerciseBackend } from './backend.contract.js';

exerciseBackend('sqlite', async () => {
  const folder = await temporaryFolder();
  return {
    open: async (retention) => {
      const options = { url: 'sqlite://./results.db', baseFolder: folder.path, clock: systemClock, expiresMs: 60_000 };
      const backend = createSqliteBackend({ ...options, ...retention });
      await backend.connect(5_000);
      return backend;
    },
    dispose: () => folder.remove(),
  };
});
