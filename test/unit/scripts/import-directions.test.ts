/**
 * The rules of .dependency-cruiser.cjs bite: a house of planted files stands for ours, one offence a file, and each is
 * found under the name of its rule, while their lawful neighbours are not.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { projectRoot } from '../../support/project.js';
import { temporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.js';

interface CruiseResult {
  readonly summary: {
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
  };
}

const empty = 'export const nothing = null;\n';
const using = (path: string): string => `export { nothing } from '${path}';\n`;
const typing = (path: string): string => `import type { Noun } from '${path}';\nexport type Alias = Noun;\n`;

/** Files that break no rule; the offenders below import them. */
const lawful: Readonly<Record<string, string>> = {
  'core/kernel/clock.ts': empty,
  'core/kernel/hash.ts': `import { createHash } from 'node:crypto';\nexport const nothing = createHash;\n`,
  'core/ports/transport.ts': using('../kernel/clock.js'),
  'core/protocol/body.ts': using('../ports/transport.js'),
  'core/task/trace.ts': using('../protocol/body.js'),
  'core/app/celeriac.ts': using('../task/trace.js'),
  'core/app/adapters.ts': `export const load = (): Promise<unknown> => import('../../transports/memory/adapter.js');\n`,
  'core/worker/worker.ts': using('../app/celeriac.js'),
  'core/worker/public.ts': using('./worker.js'),
  'clients/sqlite/client.ts': using('../../core/kernel/clock.js'),
  'clients/redis/client.ts': empty,
  'transports/memory/adapter.ts': using('../../core/ports/transport.js'),
  'transports/sqlite/adapter.ts': using('../../clients/sqlite/client.js'),
  'backends/memory/adapter.ts': using('../../core/ports/transport.js'),
  'pools/ring/record.ts': using('../../core/kernel/clock.js'),
  'pools/thread/pool.ts': using('../ring/record.js'),
  'pools/solo/pool.ts': empty,
  'cli/main.ts': using('../core/worker/worker.js'),
  'bench/run.ts': using('../transports/memory/adapter.js'),
  'node_modules/libsql/index.js': 'export const nothing = null;\n',
  'node_modules/libsql/package.json': '{ "name": "libsql", "type": "module", "exports": "./index.js" }\n',
  'node_modules/stranger/index.js': 'export const nothing = null;\n',
  'node_modules/stranger/package.json': '{ "name": "stranger", "type": "module", "exports": "./index.js" }\n',
};

/** File → the rule that must find it → its text. */
const offences: readonly (readonly [file: string, rule: string, text: string])[] = [
  ['core/task/egg.ts', 'no-circular', typing('./hen.js')],
  ['core/kernel/upward.ts', 'directions-core-kernel', using('../ports/transport.js')],
  [
    'core/kernel/socket.ts',
    'kernel-without-io',
    `import { connect } from 'node:net';\nexport const nothing = connect;\n`,
  ],
  ['core/kernel/packaged.ts', 'kernel-without-packages', using('libsql')],
  ['core/kernel/errors.ts', 'errors-import-nothing', typing('./noun.js')],
  ['core/ports/upward.ts', 'directions-core-ports', using('../protocol/body.js')],
  ['core/protocol/upward.ts', 'directions-core-protocol', using('../task/trace.js')],
  ['core/app/upward.ts', 'directions-core-app', using('../worker/worker.js')],
  ['core/worker/broker.ts', 'directions-core-worker', using('../../transports/memory/adapter.js')],
  ['core/task/roundabout.ts', 'members-own-only-cpu', using('../kernel/detour.js')],
  ['clients/sqlite/sibling.ts', 'clients-know-no-sibling', using('../redis/client.js')],
  ['transports/sqlite/sibling.ts', 'adapters-know-no-sibling', using('../memory/adapter.js')],
  ['backends/memory/cousin.ts', 'adapters-know-no-sibling', using('../../transports/memory/adapter.js')],
  ['transports/memory/upward.ts', 'directions-transports', using('../../core/worker/worker.js')],
  ['pools/thread/sibling.ts', 'pools-know-no-sibling', using('../solo/pool.js')],
  ['pools/ring/upward.ts', 'rings-are-the-bottom-of-pools', using('../thread/pool.js')],
  ['pools/thread/member/worker.ts', 'members-own-only-cpu', using('../../../core/worker/worker.js')],
  ['transports/sqlite/packaged.ts', 'package-libsql', using('libsql')],
  ['clients/redis/packaged.ts', 'packages-have-an-owner', using('stranger')],
  ['cli/front-door.ts', 'no-front-doors', using('../core/worker/public.js')],
  ['cli/lost.ts', 'everything-resolves', using('./no-such-file.js')],
];

/** The other half of an offence: the rest of a cycle, or what stands between an offender and what it must not reach. */
const between: Readonly<Record<string, string>> = {
  'core/task/hen.ts': typing('./egg.js'),
  'core/kernel/noun.ts': 'export type Noun = string;\n',
  'core/kernel/detour.ts': using('../worker/worker.js'),
};

function plant(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  copyFileSync(join(projectRoot, 'tsconfig.json'), join(folder, 'tsconfig.json'));
}

/** What the rules find in the folder, as `file: rule`. */
function cruise(folder: string): ReadonlySet<string> {
  const program = join(projectRoot, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
  const config = join(projectRoot, '.dependency-cruiser.cjs');
  const { stdout, stderr } = spawnSync(process.execPath, [program, '--config', config, '--output-type', 'json', '.'], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  assert.notEqual(stdout, '', stderr);
  const { summary } = JSON.parse(stdout) as CruiseResult;
  return new Set(summary.violations.map(({ from, rule }) => `${from}: ${rule.name}`));
}

describe('import directions', () => {
  let house: TemporaryFolder;
  let found: ReadonlySet<string>;

  before(async () => {
    house = await temporaryFolder();
    const offending = Object.fromEntries(offences.map(([file, , text]) => [file, text]));
    plant(house.path, { ...lawful, ...between, ...offending });
    found = cruise(house.path);
  });
  after(() => house.remove());

  for (const [file, rule] of offences) {
    it(`${rule} finds ${file}`, () => {
      assert.ok(found.has(`${file}: ${rule}`), [...found].join('\n'));
    });
  }

  it('finds nothing in files that keep the rules', () => {
    const accused = [...found].filter((line) => Object.keys(lawful).some((file) => line.startsWith(`${file}:`)));
    assert.deepEqual(accused, []);
  });
});
