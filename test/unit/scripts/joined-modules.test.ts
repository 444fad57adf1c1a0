/**
 * What `npm run build` leaves in dist/ after joining: every module exports what the compiler wrote, under the same names,
 * and a start loads few files. A build that only transpiles joins nothing; there the tests have nothing to look at.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { temporaryFolder } from '../../support/temporary-folder.js';

const output = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const skip = existsSync(join(output, 'joined')) ? false : 'this build joins nothing';

interface Coverage {
  readonly result: readonly { readonly url: string }[];
}

function joinedModules(): readonly string[] {
  const isJoined = (path: string): boolean =>
    path.endsWith('.js') && /^export .* from '.*\/joined\//m.test(readFileSync(join(output, path), 'utf8'));
  return readdirSync(join(output, 'unjoined'), { recursive: true, encoding: 'utf8' }).filter(isJoined);
}

function isClass(value: unknown): value is { readonly name: string } {
  return typeof value === 'function' && String(value).startsWith('class');
}

/** Names of exports, and the classes' own, which messages and logs show. */
function shapeOf(module: object): unknown {
  return Object.entries(module as Readonly<Record<string, unknown>>)
    .map(([name, value]) => [name, typeof value, isClass(value) ? value.name : ''])
    .sort();
}

async function load(path: string): Promise<object> {
  return (await import(pathToFileURL(path).href)) as object;
}

describe('joined modules', { skip }, () => {
  it('a joined module exports what was compiled, and classes keep their names', async () => {
    const paths = joinedModules();
    assert.ok(paths.length > 200, `${String(paths.length)} modules are joined`);
    for (const path of paths) {
      assert.deepEqual(
        shapeOf(await load(join(output, path))),
        shapeOf(await load(join(output, 'unjoined', path))),
        path,
      );
    }
  });

  it('a client that sends a task loads less than 20 files of ours', async () => {
    const folder = await temporaryFolder();
    try {
      const entry = JSON.stringify(pathToFileURL(join(output, 'core', 'app', 'public.js')).href);
      const program = `
        import { Celeriac } from ${entry};
        const app = new Celeriac('client', { brokerUrl: 'memory://' });
        await app.sendTask('client.nothing');
        await app.close();`;
      const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
        cwd: folder.path,
        env: { ...process.env, NODE_V8_COVERAGE: join(folder.path, 'loaded') },
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
      const [report] = readdirSync(join(folder.path, 'loaded'));
      const { result } = JSON.parse(readFileSync(join(folder.path, 'loaded', report ?? ''), 'utf8')) as Coverage;
      const files = result.map(({ url }) => url).filter((url) => url.startsWith('file:'));
      const ours = files.map((url) => relative(output, fileURLToPath(url))).filter((path) => !path.startsWith('..'));
      assert.ok(ours.length > 0 && ours.length < 20, ours.join(sep));
    } finally {
      await folder.remove();
    }
  });
});
