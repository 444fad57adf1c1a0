/** The pages of docs/guide, done as a reader would: files written, workers started, programs and commands run. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { CeleriacProcess } from '../support/celeriac-process.js';
import { GUIDE_PAGES, GuidePage, GuideProject, linePattern, type GuideStep } from '../support/guide-page.js';

const pages = GUIDE_PAGES.map((name) => new GuidePage(name));

describe('the pages of the guide', { concurrency: 2, timeout: 300_000 }, () => {
  for (const page of pages) describe(`${page.name}.md`, { concurrency: 1 }, () => testPage(page));
});

function testPage(page: GuidePage): void {
  let project: GuideProject;
  let workers: readonly CeleriacProcess[] = [];

  before(async () => {
    project = new GuideProject(page);
    workers = await Promise.all(page.workers.map((args) => project.startWorker(args)));
  });

  after(async () => {
    for (const worker of workers) await worker.dispose();
    project.dispose();
  });

  for (const step of page.steps) {
    it(`${titleOf(step)} prints what the page says`, async () => {
      const lines = await project.perform(step).catch((error: unknown) => {
        throw new Error(`the workers said:\n${workers.map(({ stderr }) => stderr).join('\n')}`, { cause: error });
      });
      if (step.prints.length === 0) return;
      assert.equal(lines.length, step.prints.length, lines.join('\n'));
      for (const [at, line] of step.prints.entries()) assert.match(lines[at] ?? '', linePattern(line));
    });
  }

  it('its workers end when they are asked to', async () => {
    const ends = await Promise.all(workers.map((worker) => worker.kill('SIGTERM')));
    for (const end of ends) assert.deepEqual(end, { code: 0, signal: null });
  });
}

function titleOf(step: GuideStep): string {
  return step.kind === 'program' ? step.file : `celeriac ${step.args.join(' ')}`;
}
