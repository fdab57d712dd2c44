import { hostname } from 'node:os';
import { FcnError, reasonOf } from '../errors.ts';
import type { Communicator } from './communicator.ts';

/** What one process can tell the others of an error. */
interface Failure {
  readonly message: string;
  readonly exitCode: 1 | 2;
}

/** Errors that all processes know of. */
const shared = new WeakSet<object>();

/** Whether an error is known to all processes, so that none of them waits for another; rank 0 is the one that says it. */
export function isShared(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && shared.has(thrown);
}

/**
 * Work that every process does its share of, or all of it where there is only one (no `world`). An error of one of them is an error of all, as if there were only one process.
 * @throws FcnError naming the first rank that failed, and why; what is no FcnError itself is thrown as it is on rank 0
 */
export async function together<T>(world: Communicator | undefined, work: () => Promise<T>): Promise<T> {
  if (!world) return work();
  const [result] = await sumTogether(world, async () => [await work(), []]);
  return result;
}

/**
 * As `together`, of work that ends in a few numbers.
 * @returns the result of this process's work, and the sums of the numbers over all processes
 */
export async function sumTogether<T>(
  world: Communicator,
  work: () => Promise<readonly [result: T, numbers: readonly number[]]>,
  count = 0,
): Promise<[result: T, sums: number[]]> {
  const outcome = await work().then(
    ([result, numbers]) => ({ result, numbers, thrown: undefined }),
    (thrown: object) => ({ result: undefined, numbers: [], thrown }),
  );
  const sums = new Float64Array(new ArrayBuffer(8 * (1 + count)));
  sums.set(outcome.numbers, 1);
  if (outcome.thrown !== undefined) sums[0] = 1;
  await world.sumPatiently(sums);
  if (sums[0] === 0) return [outcome.result as T, [...sums.subarray(1)]];
  throw await firstFailure(world, outcome.thrown);
}

/** A value of every process, by rank, on all of them. As JSON has it. */
export async function exchange<T>(world: Communicator, value: T): Promise<T[]> {
  const gathered = await world.gather(Buffer.from(JSON.stringify(value)));
  const all = gathered.map((bytes) => Buffer.from(bytes).toString());
  return broadcastJson(
    world,
    all.map((text) => JSON.parse(text) as T),
  );
}

/** The value that rank 0 has, on all. As JSON has it. */
export async function broadcastJson<T>(world: Communicator, value: T | undefined): Promise<T> {
  const own = Buffer.from(world.rank === 0 ? JSON.stringify(value) : '');
  const length = new Float64Array(new ArrayBuffer(8)).fill(own.length);
  await world.broadcast(length);
  const bytes = new Uint8Array(new ArrayBuffer(length[0]!));
  bytes.set(own.subarray(0, bytes.length));
  await world.broadcast(bytes);
  return JSON.parse(Buffer.from(bytes).toString()) as T;
}

/**
 * Refuses a process whose `value` is not that of rank 0.
 * @param value what has to be the same, by what it is called
 * @throws FcnError (exit code 2, shared) naming the rank, its machine and what differs
 */
export async function checkSame(
  world: Communicator,
  value: Readonly<Record<string, string>>,
  advice: string,
): Promise<void> {
  const all = await exchange(world, { host: hostname(), value });
  const expected = all[0]!.value;
  for (const [rank, { host, value: own }] of all.entries()) {
    const what = Object.keys(expected).find((name) => own[name] !== expected[name]);
    if (what === undefined) continue;
    throw shareError(
      new FcnError(
        `rank ${rank} on ${host}: got ${what} ${own[what] ?? 'missing'}, expected ${expected[what]} as rank 0 on ` +
          `${all[0]!.host} has; ${advice}`,
        2,
      ),
    );
  }
}

async function firstFailure(world: Communicator, thrown: object | undefined): Promise<unknown> {
  const failures = await exchange<Failure | null>(world, thrown === undefined ? null : describe(thrown));
  const rank = failures.findIndex((found) => found !== null);
  const { message, exitCode } = failures[rank]!;
  const isOfAll = failures.every((found) => found?.message === message);
  const isOwn = rank === world.rank && !(thrown?.constructor === FcnError && !isOfAll);
  if (isOwn) return shareError(thrown as object);
  return shareError(
    new FcnError(`${isOfAll ? '' : `rank ${rank}: `}${message}`, exitCode, { cause: thrown }),
  );
}

function describe(thrown: unknown): Failure {
  if (thrown instanceof FcnError) return { message: thrown.message, exitCode: thrown.exitCode };
  return { message: `unexpected error: ${reasonOf(thrown)}`, exitCode: 1 };
}

/** Marks an error that the other processes know of. @returns it */
export function shareError(thrown: unknown): unknown {
  if (typeof thrown === 'object' && thrown !== null) shared.add(thrown);
  return thrown;
}
