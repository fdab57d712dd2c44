import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Progress } from '../../../src/cli/progress.ts';

let written: string[];
const terminal = { isTTY: process.stderr.isTTY, columns: process.stderr.columns };
beforeEach(() => {
  written = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  vi.stubEnv('TERM', 'xterm');
  vi.useFakeTimers({ now: 0, toFake: ['performance'] });
  vi.advanceTimersByTime(60_000);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  Object.assign(process.stderr, terminal);
});

/** A run of 2 images an iteration and 10 iterations a second, until iteration 100 of 200. */
function train(): Progress {
  const progress = new Progress('fcn8s', 200, 'iterations', 0, { unit: 'images', each: 2 });
  for (let iteration = 1; iteration <= 100; iteration++) {
    vi.advanceTimersByTime(100);
    progress.update(iteration, 'loss 0.5');
  }
  return progress;
}

describe('progress on a terminal', () => {
  beforeEach(() => Object.assign(process.stderr, { isTTY: true, columns: 100 }));

  it('is one line that is written over, four times a second', () => {
    train();
    expect(written.length).toBeLessThan(45);
    expect(written.join('')).not.toContain('\n');
    expect(written.at(-1)).toBe(
      '\rfcn8s [##########----------] 100/200 iterations, loss 0.5, 20.0 images/s, 10s left\x1b[K',
    );
  });

  it.each([
    [40, 'fcn8s 100/200 iterations, 10s left'],
    [65, 'fcn8s 100/200 iterations, loss 0.5, 20.0 images/s, 10s left'],
    [70, 'fcn8s [####---] 100/200 iterations, loss 0.5, 20.0 images/s, 10s left'],
  ])('fits %i columns: a line that wraps could not be written over', (columns, line) => {
    Object.assign(process.stderr, { columns });
    train();
    for (const text of written)
      expect(text.replace('\r', '').replace('\x1b[K', '').length).toBeLessThan(columns);
    expect(written.at(-1)).toBe(`\r${line}\x1b[K`);
  });

  it('gives way to lines that stay, and to what is done meanwhile', () => {
    const progress = train();
    progress.print('validated');
    expect(written.at(-1)).toBe('\r\x1b[Kvalidated\n');
    progress.aside('validating 3/50');
    expect(written.at(-1)).toContain('100/200 iterations, validating 3/50');
    progress.end();
    expect(written.at(-1)).toBe('\r\x1b[K');
  });
});

describe('progress elsewhere', () => {
  it.each([
    ['in a file', { isTTY: undefined }, 'xterm'],
    ['on a terminal that can only print', { isTTY: true }, 'dumb'],
  ])('is plain lines now and then: %s', (_, stream, term) => {
    Object.assign(process.stderr, stream);
    vi.stubEnv('TERM', term);
    train();
    expect(written).toEqual(['fcn8s: 1/200 iterations, loss 0.5, 20.0 images/s, 20s left\n']);
    const progress = train();
    progress.aside('validating 1/50');
    vi.advanceTimersByTime(10_000);
    progress.aside('validating 2/50');
    expect(written.at(-1)).toBe('fcn8s: 100/200 iterations, validating 2/50\n');
    expect(written.join('')).not.toContain('\r');
    expect(written.join('')).not.toContain('\x1b');
  });
});
