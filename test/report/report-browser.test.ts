import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { renderReport } from '../../src/report/page.ts';
import { exampleRun, hostile } from './example-run.ts';

const missing = process.env.FCN_TEST_REQUIRE !== 'all' && !isInstalled('chromium');
const name = `the report in a browser${missing ? ' (needs Chromium: apt-get install chromium)' : ''}`;

describe.skipIf(missing)(name, () => {
  it('opens from the disk, draws its curves and runs no foreign script', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'fcn-report-'));
    try {
      const file = path.join(folder, 'report.html');
      await writeFile(file, renderReport(exampleRun()));
      const dom = await domOf(file, path.join(folder, 'profile'));
      expect(dom.match(/<canvas/g)).toHaveLength(2);
      expect(dom).toContain('class="u-label">smoothed');
      expect(dom).toContain('class="u-label">mean IoU');
      const escaped = hostile.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
      expect(dom).toContain(`<title>Title ${escaped}</title>`);
      expect(dom).toContain(`<h1>Title ${escaped}</h1>`);
    } finally {
      await rm(folder, { recursive: true, maxRetries: 3 });
    }
  });
});

/** The document as it is after its scripts have run. */
async function domOf(file: string, profile: string): Promise<string> {
  const switches = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
  const { stdout } = await promisify(execFile)(
    'chromium',
    [...switches, ...quiet, `--user-data-dir=${profile}`, '--dump-dom', `file://${file}`],
    { maxBuffer: 2 ** 26 },
  );
  return stdout;
}

function isInstalled(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
