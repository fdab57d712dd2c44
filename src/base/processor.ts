import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Instructions that decide how fast convolutions are, each beginning with those before it. */
const instructions = ['avx2', 'avx512f', 'avx512_vnni', 'avx512_bf16', 'amx_tile', 'asimddp', 'i8mm', 'sve'];

/**
 * The processor of this machine by its name, and on Linux the instructions that matter here: names alone may stand for many
 * processors, as those of virtual machines do.
 */
export function processorName(): string {
  const name = cpus()[0]?.model.trim() || process.arch;
  const known = new Set(flags());
  const found = instructions.filter((instruction) => known.has(instruction));
  return found.length > 0 ? `${name} (${found.join(', ')})` : name;
}

function flags(): string[] {
  if (process.platform !== 'linux') return [];
  const lines = readFileSync('/proc/cpuinfo', 'utf8');
  return /^(?:flags|Features)\s*:(.*)$/m.exec(lines)?.[1]?.trim().split(/\s+/) ?? [];
}
