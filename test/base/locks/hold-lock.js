// Takes the lock named first and keeps it until FILE.done is there: node hold-lock.js FILE [busy]. Needs the build.
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { whileLocked } from '../../../dist/base/locks/process-lock.js';

const [file, mode] = process.argv.slice(2);
const quick = { every: 50, silence: 1000 };
await whileLocked(
  file,
  'work',
  async () => {
    // Appended: two at once show as two lines.
    writeFileSync(`${file}.held`, `${process.pid}\n`, { flag: 'a' });
    const isDone = () => existsSync(`${file}.done`);
    if (mode === 'busy') while (!isDone());
    else while (!isDone()) await sleep(5);
  },
  quick,
).catch((thrown) => {
  console.log(thrown.message);
  process.exitCode = 1;
});
