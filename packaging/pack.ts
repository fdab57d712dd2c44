import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';

/** Packs a folder as npm does for a registry. @returns the file that was written */
export async function pack(folder: string, destination: string): Promise<string> {
  await mkdir(destination, { recursive: true });
  const output = execFileSync(
    'npm',
    ['pack', folder, '--pack-destination', destination, '--ignore-scripts', '--json'],
    { encoding: 'utf8', shell: process.platform === 'win32' },
  );
  const [packed] = JSON.parse(output);
  return path.join(destination, packed.filename);
}
