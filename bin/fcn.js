#!/usr/bin/env node
import { existsSync } from 'node:fs';

const program = new URL('../dist/program/start.js', import.meta.url);
if (existsSync(program)) {
  const { start } = await import(program);
  process.exitCode = await start(process.argv.slice(2));
} else {
  console.error('fcn: the program is not built yet; run `npm run build`');
  process.exitCode = 2;
}
