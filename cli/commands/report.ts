/** `celeriac report`: what runs here, and every setting with its value and where it comes from; secrets are hidden. */
import { censorValue, showValue } from '../../core/settings/censor.js';
import { settingNames } from '../../core/settings/setting-name.js';
import { settingsTable, type SettingName } from '../../core/settings/table.js';
import type { Celeriac } from '../../core/app/celeriac.js';
import { applyGlobalOptions, loadClientApp, type GlobalOptions } from '../app-source.js';
import { ExitCode } from '../exit-code.js';
import { packageVersion } from '../package-version.js';
import { answer } from '../terminal.js';

export interface ReportFlags {
  readonly json?: boolean;
}

interface ReportedSetting {
  readonly value: unknown;
  readonly source: string;
}

interface Report {
  readonly celeriac: string;
  readonly node: string;
  readonly platform: string;
  readonly app: string;
  readonly module: string | null;
  readonly settings: Readonly<Record<string, ReportedSetting>>;
}

export async function runReport(flags: ReportFlags, globals: GlobalOptions): Promise<ExitCode> {
  applyGlobalOptions(globals);
  await using app = await loadClientApp(globals);
  const report = reportOf(app);
  answer(flags.json === true ? JSON.stringify(report, jsonValue, 2) : textOf(report));
  return ExitCode.OK;
}

function reportOf(app: Celeriac): Report {
  const settings = settingNames.map((name): [string, ReportedSetting] => [name, reported(app, name)]);
  const extra = Object.entries(app.extra).map(([name, value]): [string, ReportedSetting] => [
    name,
    { value: censorValue(name, value), source: 'not a setting of celeriac' },
  ]);
  return {
    celeriac: packageVersion(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    app: app.main,
    module: app.definedIn,
    settings: Object.fromEntries([...settings, ...extra]),
  };
}

function reported({ conf }: Celeriac, name: SettingName): ReportedSetting {
  const value = censorValue(name, conf[name]);
  const { source } = conf.findValueForKey(name);
  const { fallback } = settingsTable[name];
  const otherwise = fallback === null ? `default (${conf.reliability})` : `as ${fallback}`;
  return { value, source: source ?? otherwise };
}

function jsonValue(_key: string, value: unknown): unknown {
  return typeof value === 'function' || value instanceof RegExp ? showValue(value) : value;
}

function textOf({ settings, ...facts }: Report): string {
  const head = Object.entries(facts).map(([name, value]) => `${name.padEnd(12)}${String(value)}`);
  const rows = Object.entries(settings).map(([name, { value, source }]) => [name, showValue(value), source] as const);
  const widths = [0, 1].map((column) => Math.min(42, Math.max(...rows.map((row) => row[column]?.length ?? 0))));
  const lines = rows.map(
    ([name, value, source]) => `${name.padEnd(widths[0] ?? 0)}  ${value.padEnd(widths[1] ?? 0)}  ${source}`,
  );
  return [...head, '', ...lines].join('\n');
}
