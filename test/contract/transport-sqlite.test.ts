import { systemClock } from '../../core/kernel/clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { createSqliteTransport } from '../../transports/sqlite/sqlite-transport.js';
import { exerciseTransport } from './transport.contract.js';

const options = { url: 'sqlite://./queue.db', clock: systemClock };

exerciseTransport(
  'sqlite',
  async () => {
    const folder = await temporaryFolder();
    return {
      open: async () => {
        const transport = createSqliteTransport({ ...options, baseFolder: folder.path });
        await transport.connect(5_000);
        return transport;
      },
      dispose: () => folder.remove(),
    };
  },
  createSqliteTransport({ ...options, baseFolder: '/' }).capabilities,
);
