import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import * as z from 'zod';

const ownerSchema = z.object({
  /** Of this lock alone: another lock of the same process has another. */
  token: z.string(),
  pid: z.int().positive(),
  host: z.string(),
  /** Tells one table of processes from all others: of another host, another boot, another container. */
  processes: z.string().optional(),
  /** When the process began, in the kernel's ticks: tells it from a later one of the same number. */
  started: z.string().optional(),
});

/** Who has a lock, as its file says. */
export type Owner = z.infer<typeof ownerSchema>;

/** A lock that this process is about to take. */
export function newOwner(): Owner {
  const processes = processTable();
  const started = processes && startOf('self');
  return {
    token: randomUUID(),
    pid: process.pid,
    host: hostname(),
    ...(processes && { processes }),
    ...(started && { started }),
  };
}

/** @returns undefined where the text is no whole owner: it is being written, or its writer was killed */
export function parseOwner(text: string): Owner | undefined {
  // Locks of version 0.1.0 hold the number alone, which means something to the processes beside it only.
  if (/^\d+$/.test(text)) return { token: text, pid: Number(text), host: hostname() };
  try {
    return ownerSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/**
 * Whether the process that has a lock lives, as far as this one can tell at once: from the same table of processes it
 * can, by the number and the time at which it began; from another host or container it cannot.
 */
export function stateOf(owner: Owner): 'alive' | 'dead' | 'unknown' {
  const isOfEarlierVersion = owner.token === String(owner.pid);
  if (isOfEarlierVersion) return isRunning(owner.pid) && owner.pid !== process.pid ? 'alive' : 'dead';
  if (!owner.processes || owner.host !== hostname() || owner.processes !== processTable()) return 'unknown';
  if (!isRunning(owner.pid)) return 'dead';
  const started = startOf(owner.pid);
  if (!started || !owner.started) return 'unknown';
  return started === owner.started ? 'alive' : 'dead';
}

export function describe({ pid, host, processes }: Owner): string {
  if (host !== hostname()) return `process ${pid} on ${host}`;
  return processes && processes !== processTable() ? `process ${pid} in another container` : `process ${pid}`;
}

/** Whether there is a process of this number among those that this one sees. */
export function isRunning(pid: number): boolean {
  try {
    return Number.isInteger(pid) && pid > 0 && process.kill(pid, 0);
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Only Linux tells boot, namespace and start times as files; elsewhere a heartbeat has to do (process-lock.ts). */
function processTable(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    // In a new namespace, /proc may still be that of the one around it, where numbers mean other processes.
    if (readlinkSync('/proc/self') !== String(process.pid)) return undefined;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return undefined; // a sandbox without /proc
  }
}

/**
 * Field 22 of stat (proc(5)); the name in field 2 may hold spaces and parentheses. A process that has ended and that nobody
 * has asked for its exit code (state Z), as happens in containers, has its number still but does nothing any more.
 */
function startOf(pid: number | 'self'): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'ended' : fields[22 - 3];
  } catch {
    return undefined; // it has ended meanwhile, or /proc hides the processes of others
  }
}
