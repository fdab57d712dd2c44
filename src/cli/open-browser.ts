import { spawn } from 'node:child_process';
import { warn } from './warn.ts';

/** What opens an address in the user's browser, by platform. */
const openers: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/** Opens an address in the browser. Where there is none, says so: the address was printed before. */
export function openInBrowser(url: string): void {
  const [program, ...args] = openers[process.platform] ?? ['xdg-open'];
  const opener = spawn(program!, [...args, url], { stdio: 'ignore', detached: true });
  opener.once('error', ({ message }) => warn([`no browser was opened: ${message}`]));
  opener.unref();
}
