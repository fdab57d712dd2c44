// Watches for Ctrl-C as a training does, and is then too busy to hear it. Needs the build.
import { setTimeout as sleep } from 'node:timers/promises';
import { watchInterruption } from '../../dist/cli/interruption.js';

watchInterruption('stopping');
await sleep(1000); // until the thread that listens has started
process.stdout.write('busy\n');
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
