#!/usr/bin/env node
import { existsSync } from 'node:fs';

const program = new URL('../dist/program/start.js', import.meta.url);
if (existsSync(program)) {
  try {
    const { start } = await import(program);
    process.exitCode = await start(process.argv.slice(2));
  } catch (thrown) {
    // Where not even its files can be opened, nothing of it can say so.
    console.error(`fcn: the program cannot be loaded: ${thrown.message}`);
    process.exitCode = 1;
  }
} else {
  console.error('fcn: the program is not built yet; run `npm run build`');
  process.exitCode = 2;
}
