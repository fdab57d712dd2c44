import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The registry that npm is set up to use, without a slash at the end. */
export async function npmRegistry(): Promise<string> {
  const { stdout } = await promisify(execFile)('npm', ['config', 'get', 'registry']);
  return stdout.trim().replace(/\/$/, '');
}
