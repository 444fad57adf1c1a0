/**
 * An app for one test: broker and results in memory, JSON only, UTC, no settings file, not the current app (TEST-03).
 * Tasks that are defined in a test file run inline; threads need a module that they can load.
 */
import type { AppInput } from '../core/app/app-options.js';
import { Celeriac } from '../core/app/celeriac.js';
import type { SettingsInput } from '../core/settings/table.js';
import type { Outbox } from './outbox.js';
import { INLINE_SETTINGS, isolateApp } from './test-outlet.js';

export type TestAppOptions = AppInput & {
  /** Name of the app. @defaultValue 'test' */
  readonly main?: string;
  /** Run its tasks in the caller: a call resolves when its task has ended. @defaultValue false */
  readonly inline?: boolean;
};

const JSON_ONLY: SettingsInput = {
  acceptContent: ['json'],
  taskSerializer: 'json',
  resultSerializer: 'json',
  resultCompression: null,
  resultAcceptContent: ['json'],
  timezone: 'UTC',
  enableUtc: true,
};

export class TestApp extends Celeriac {
  /** What it has sent. */
  readonly outbox: Outbox;

  /** @throws ConfigError as `Celeriac` */
  constructor({ main = 'test', inline = false, ...input }: TestAppOptions) {
    // A file beside the test belongs to the program.
    const loader = { readConfiguration: () => ({}), ...input.loader };
    super(main, { setAsCurrent: false, ...JSON_ONLY, ...input, loader });
    const outlet = isolateApp(this, { ...addressesOf(input), ...(inline ? INLINE_SETTINGS : {}) });
    outlet.isInline = inline;
    this.outbox = outlet.outbox;
  }
}

/**
 * Creates an app for a test; any option and setting of `Celeriac` may be given.
 * @throws ConfigError as `Celeriac`
 */
export function createTestApp(options: TestAppOptions = {}): TestApp {
  return new TestApp(options);
}

/** A test may ask for another broker; what the environment asks for does not count. */
function addressesOf({ broker, backend, brokerUrl = broker, resultBackend = backend }: AppInput): SettingsInput {
  return {
    ...(brokerUrl === undefined ? {} : { brokerUrl }),
    ...(resultBackend === undefined ? {} : { resultBackend }),
  };
}
