import { Command } from 'commander';
import { servePage } from '../../viewing/page/serve-page.ts';
import { openInBrowser } from '../open-browser.ts';
import { untilInterrupted } from '../until-interrupted.ts';
import { portOption } from './watch.ts';

export function webCommand(): Command {
  return new Command('web')
    .description('Serve a page on this machine that segments images and trains networks in the browser')
    .addOption(portOption())
    .option('--open', 'open the page in the browser')
    .action(runWeb);
}

/** Ends at Ctrl-C, which is no failure: there is no other end. */
async function runWeb({ port, open }: { port?: number; open?: true }): Promise<void> {
  const server = await servePage(port);
  process.stdout.write(`serving the page at ${server.url} (stop with Ctrl-C)\n`);
  if (open) openInBrowser(server.url);
  await untilInterrupted();
  await server.close();
}
