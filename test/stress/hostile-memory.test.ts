import { exerciseHostileMessages } from '../support/hostile-suite.js';

exerciseHostileMessages('memory', () => 'memory://hostile');
