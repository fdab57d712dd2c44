import { hostname } from 'node:os';
import { exchange } from './agreement.ts';
import type { Communicator } from './communicator.ts';

/** A process of a launcher. */
export interface Member {
  readonly host: string;
  readonly pid: number;
}

/** The processes that do the work of one command together. */
export interface Ranks {
  readonly world: Communicator;
  /** By rank. */
  readonly members: readonly Member[];
}

/** Who takes part; asked of all at once. */
export async function membersOf(world: Communicator): Promise<Member[]> {
  return exchange<Member>(world, { host: hostname(), pid: process.pid });
}

/** More ranks than this are not listed. */
const mostListed = 16;

/** Who takes part, in a line: what the messages of launchers, which name processes, are read with. */
export function describeRanks({ world, members }: Ranks): string {
  const hosts = [...new Set(members.map(({ host }) => host))];
  const ranksOn = (host: string) =>
    members.flatMap((member, rank) => (member.host === host ? [`${rank} (process ${member.pid})`] : []));
  const list = hosts.map((host) => `${ranksOn(host).join(', ')} on ${host}`).join('; ');
  const who = world.size <= mostListed ? list : `on ${hosts.length} machines`;
  return `${world.size} ranks by ${world.library}: ${who}`;
}
