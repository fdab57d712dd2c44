import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { launchers, runRanks } from './launchers.ts';

const program = path.join(import.meta.dirname, 'operations.js');
const libraries = { 'open-mpi': 'libmpi.so.40', mpich: 'libmpich.so.12' };

describe.each(launchers)('ranks of $name', (launcher) => {
  describe.skipIf(launcher.missing)('that are found', () => {
    it('add up, broadcast, gather, and share an error', async () => {
      const { stdout, stderr } = await runRanks(launcher, 3, program, '', '2');
      const ranks = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      ranks.sort((a, b) => a.rank - b.rank);
      expect(ranks, stderr).toHaveLength(3);
      for (const [rank, found] of ranks.entries()) {
        expect(found).toMatchObject({
          ...{
            rank,
            size: 3,
            small: [3, 1.5],
            large: 6,
            given: 42,
            patient: 43,
            own: `rank ${rank}`,
            sums: [3, 3],
          },
          all: [{ rank: 0 }, { rank: 1 }, { rank: 2 }],
          failure: { message: 'rank 2: image cat.jpg: bad', exitCode: 2, isShared: true },
          gathered: rank === 0 ? ['', 'x', 'xx'] : [],
          library: expect.stringContaining(launcher.family === 'mpich' ? 'MPICH' : 'Open MPI'),
        });
      }
    });

    it('refuse the library of another launcher, where each would take itself for the only one', async () => {
      const other = libraries[launcher.family === 'mpich' ? 'open-mpi' : 'mpich'];
      const { stderr, code } = await runRanks(launcher, 2, program, other);
      expect(stderr).toMatch(
        /MPI: got rank 0 of 1 from .* where .*mpirun started 2 processes, expected rank 1 of 2/,
      );
      expect(code).not.toBe(0);
    });
  });
});
