import { exerciseHostileMessages } from '../support/hostile-suite.js';

exerciseHostileMessages('sqlite', (folder) => `sqlite://${folder}/queue.db`);
