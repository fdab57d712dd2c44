import { describe, expect, it } from 'vitest';
import { fitted } from '../../src/cli/progress.ts';

describe('the line of progress', () => {
  const figures = ['loss 0.5134', '1.72 images/s', '20m 21s left'];
  const line = (columns: number) => fitted('fcn8s', 0.5, ['500/1000 iterations', ...figures], columns);

  it('has a bar of the room that the figures leave', () => {
    expect(line(120)).toBe(
      `fcn8s [${'#'.repeat(10)}${'-'.repeat(10)}] 500/1000 iterations, ${figures.join(', ')}`,
    );
    expect(line(85)).toHaveLength(84);
  });

  it('fits narrow terminals: the time left is the last to go', () => {
    for (let columns = 10; columns < 130; columns++) expect(line(columns).length).toBeLessThan(columns);
    expect(line(40)).toBe('fcn8s 500/1000 iterations, 20m 21s left');
    expect(line(60)).toMatch(/^fcn8s .*500\/1000 iterations, 1\.72 images\/s, 20m 21s left$/);
  });
});
