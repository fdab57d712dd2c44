// Exits in the middle of work on FOLDER, as a second Ctrl-C does: node exit-in-work.js FOLDER [begun]. Needs the build.
import { mkdirSync, writeFileSync } from 'node:fs';
import { writeFileAtomic } from '../../dist/base/files.js';
import { whileLocked } from '../../dist/base/locks/process-lock.js';
import { inNewFolder } from '../../dist/base/own-folders.js';
import { withoutTraces } from '../../dist/base/own-traces.js';

const [parent, begun] = process.argv.slice(2);
await inNewFolder(
  (number) => `${parent}/new/${number}`,
  (folder) =>
    withoutTraces(
      {
        folder: `${folder}/run`,
        files: [`${folder}/run/file`],
        folders: [`${folder}/run/inner`],
        locked: (work) => whileLocked(`${folder}/run/lock`, 'work', work),
        hasBegun: () => begun !== undefined,
      },
      async () => {
        mkdirSync(`${folder}/run/inner`);
        writeFileSync(`${folder}/run/file`, '');
        const stuck = async function* () {
          yield 'half';
          process.exit(130);
        };
        // One lock in the other, and a file that is half written.
        await whileLocked(`${folder}/run/inner/lock`, 'inner work', () =>
          writeFileAtomic(`${folder}/run/inner/half`, stuck()),
        );
      },
    ),
);
