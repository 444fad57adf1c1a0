/** An app whose host sends itself one task when it is ready; which signals of the log it uses says LOGGING. */
import { Celeriac, signals } from '../../../core/app/public.js';

const url = 'memory://logging';
export const app = new Celeriac('logging', { brokerUrl: url, resultBackend: url });
export const hello = app.task('logging.hello', () => 'hello');

const print = (word: string) => (_fields: object, message: string) => {
  console.log(`${word} ${message}`);
};

interface Configurable {
  configure(options: object): void;
}

const connect: Readonly<Record<string, () => void>> = {
  own: () => {
    signals.setupLogging.connect(({ loglevel, logfile }) => {
      console.log(`setup ${loglevel} ${String(logfile)}`);
      const write = print('OWN');
      return { debug: write, info: write, warn: write, error: write, isLevelEnabled: () => true };
    });
    signals.afterSetupLogger.connect(() => {
      console.log('afterSetupLogger');
    });
  },
  templates: () => {
    signals.afterSetupLogger.connect(({ logger }) => {
      (logger as Configurable).configure({ format: 'MAIN %(message)s' });
    });
    signals.afterSetupTaskLogger.connect(({ logger }) => {
      (logger as Configurable).configure({ taskFormat: 'TASK %(message)s' });
    });
  },
  preload: () => {
    signals.userPreloadOptions.connect(({ sender, app: sent, options }) => {
      console.log(`preload ${sender} ${String(sent === app)} ${String((options as { quiet?: boolean }).quiet)}`);
    });
  },
};

for (const name of (process.env['LOGGING'] ?? '').split(',')) connect[name]?.();
signals.workerReady.connect(() => void hello.delay());
