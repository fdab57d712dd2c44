import { describe, expect, it } from 'vitest';
import { RunQueue } from '../../../src/engine/runtimes/run-queue.ts';

describe('RunQueue', () => {
  it('begins the next run before the caller of the last one learns of its end', async () => {
    const queue = new RunQueue();
    const events: string[] = [];
    const ask = async (name: string) => {
      await queue.add(async () => {
        events.push(`${name} begins`);
        await new Promise(setImmediate);
        events.push(`${name} ends`);
      });
      events.push(`${name} is known`);
    };
    await Promise.all([ask('a'), ask('b')]);
    expect(events).toEqual(['a begins', 'a ends', 'b begins', 'a is known', 'b ends', 'b is known']);
  });

  it('goes on after a run that failed, which only its caller is told', async () => {
    const queue = new RunQueue();
    const failed = queue.add(() => Promise.reject(new Error('bad')));
    const next = queue.add(() => Promise.resolve());
    await expect(failed).rejects.toThrow('bad');
    await expect(next).resolves.toBeUndefined();
    await expect(queue.ended()).resolves.toBeUndefined();
  });
});
