import { hostname } from 'node:os';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { failure } from '../errors.ts';
import { onThread } from '../koffi.ts';
import { bytesOf } from '../tensor.ts';
import type { MpiFunctions } from './abi.ts';
import { endNow } from './end-now.ts';
import type { MpiLibrary } from './find-library.ts';

/** MPI_THREAD_SERIALIZED: any thread calls, one at a time. */
const serialized = 2;
/** Elements or bytes in one call: counts are 32-bit, and libraries put as much aside for a sum. */
const mostAtOnce = 2 ** 24;
/** Milliseconds without a pause between two looks at what others send; then pauses of a hundredth of the time, of some length at most. */
const eager = 1;
const longestPause = 50;

/**
 * All processes that one launcher has started, and what they do together. Each operation is one in which all of them take part, in
 * the same order. Memory is used where it lies and must not be touched meanwhile; it must not be on the JavaScript heap, as
 * that of `allocate` (tensor.ts) is not.
 */
export class Communicator {
  readonly rank: number;
  readonly size: number;
  /** The library, for messages. */
  readonly library: string;
  readonly #mpi: MpiLibrary;
  readonly #inBackground: boolean;
  readonly #limitSeconds: number;
  #last: Promise<unknown> = Promise.resolve();
  #isBroken = false;

  private constructor(mpi: MpiLibrary, provided: number, limitSeconds: number) {
    const { functions, abi, description } = mpi;
    this.#mpi = mpi;
    this.#inBackground = provided >= serialized;
    this.#limitSeconds = limitSeconds;
    this.library = description;
    this.#check(functions.MPI_Comm_set_errhandler(abi.world, abi.errorsReturn), 'handling errors');
    this.rank = this.#numberFrom((out) => functions.MPI_Comm_rank(abi.world, out));
    this.size = this.#numberFrom((out) => functions.MPI_Comm_size(abi.world, out));
  }

  /**
   * Waits for all processes. Once a process.
   * @param limitSeconds for which this process waits in an operation for the others: then it ends, with a line on standard error
   * @throws FcnError (exit code 1) when the library cannot start
   */
  static open(mpi: MpiLibrary, limitSeconds: number): Communicator {
    const provided = [0];
    const code = mpi.functions.MPI_Init_thread(null, null, serialized, provided);
    if (code !== 0) throw failure(`MPI: ${mpi.description} cannot start: error ${code}`);
    return new Communicator(mpi, provided[0]!, limitSeconds);
  }

  /** Whether an operation has failed: the others may wait in it for ever, and are to be ended by `abort`. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Adds up the arrays of all processes, element by element, in place: all of them have the same sum, to the bit. */
  async sum(values: Float32Array | Float64Array): Promise<void> {
    const { abi } = this.#mpi;
    const type = values instanceof Float32Array ? abi.float32 : abi.float64;
    for (let start = 0; start < values.length; start += mostAtOnce) {
      const part = values.subarray(start, start + mostAtOnce);
      await this.#call(
        ...(['MPI_Allreduce', 'summing', abi.inPlace, part, part.length, type, abi.sum, abi.world] as const),
      );
    }
  }

  /** Gives all processes what the one of rank 0 has, in place. */
  async broadcast(values: ArrayBufferView): Promise<void> {
    const { abi } = this.#mpi;
    const bytes = bytesOf(values);
    for (let start = 0; start < bytes.length; start += mostAtOnce) {
      const part = bytes.subarray(start, start + mostAtOnce);
      await this.#call('MPI_Bcast', 'broadcasting', part, part.length, abi.byte, 0, abi.world);
    }
  }

  /** As `broadcast` of a few bytes, for which the others may have to wait long: ten times as long as for anything else. */
  async broadcastPatiently(values: ArrayBufferView): Promise<void> {
    const { abi, functions } = this.#mpi;
    const bytes = bytesOf(values);
    await this.#patiently(
      'waiting for orders',
      (request) => functions.MPI_Ibcast(bytes, bytes.length, abi.byte, 0, abi.world, request),
      10 * this.#limitSeconds,
    );
  }

  /** As `sum` of a few numbers, before which some may have to wait long for others. */
  async sumPatiently(values: Float64Array): Promise<void> {
    const { abi, functions } = this.#mpi;
    await this.#patiently(
      'summing',
      (request) =>
        functions.MPI_Iallreduce(
          ...[abi.inPlace, values, values.length, abi.float64, abi.sum, abi.world, request],
        ),
      this.#limitSeconds,
    );
  }

  /** @returns the bytes of every process, by rank, on rank 0; nothing on the others */
  async gather(bytes: Uint8Array): Promise<Uint8Array[]> {
    const { abi } = this.#mpi;
    const own = new Int32Array(new ArrayBuffer(4)).fill(bytes.length);
    const counts = new Int32Array(new ArrayBuffer(4 * this.size));
    await this.#call('MPI_Allgather', 'gathering', own, 4, abi.byte, counts, 4, abi.byte, abi.world);
    const starts = new Int32Array(new ArrayBuffer(4 * this.size));
    for (let i = 1; i < this.size; i++) starts[i] = starts[i - 1]! + counts[i - 1]!;
    const isFirst = this.rank === 0;
    const all = new Uint8Array(new ArrayBuffer(isFirst ? starts.at(-1)! + counts.at(-1)! : 1));
    const from = new Uint8Array(new ArrayBuffer(Math.max(1, bytes.length)));
    from.set(bytes);
    await this.#call(
      ...(['MPI_Gatherv', 'gathering', from, bytes.length, abi.byte] as const),
      ...[all, counts, starts, abi.byte, 0, abi.world],
    );
    return isFirst ? [...counts].map((count, i) => all.subarray(starts[i]!, starts[i]! + count)) : [];
  }

  /** Waits until all processes are here. */
  async barrier(): Promise<void> {
    await this.#call('MPI_Barrier', 'waiting', this.#mpi.abi.world);
  }

  /** Ends all processes at once, this one included, for a reason that only this one knows. */
  abort(exitCode: number): never {
    process.emit('exit', exitCode); // as MPI does not come back
    this.#mpi.functions.MPI_Abort(this.#mpi.abi.world, exitCode);
    return endNow(exitCode);
  }

  /** The last operation: waits for all processes. */
  async close(): Promise<void> {
    await this.#call('MPI_Finalize', 'ending');
  }

  async #call(name: keyof MpiFunctions, doing: string, ...given: unknown[]): Promise<void> {
    const called = this.#mpi.functions[name];
    const code = await this.#inTurn(() => {
      if (!this.#inBackground) return Promise.resolve(called(...given) as number);
      const limit = setTimeout(() => this.#giveUp(doing), 1000 * this.#limitSeconds);
      return onThread(called, ...given).finally(() => clearTimeout(limit));
    });
    this.#check(code, doing);
  }

  /**
   * Begins an operation, and looks now and then whether it has ended: MPI's own waiting keeps a processor busy, which
   * may be one that a slower process of this machine needs.
   */
  async #patiently(
    doing: string,
    begin: (request: BigInt64Array) => number,
    limitSeconds: number,
  ): Promise<void> {
    await this.#inTurn(async () => {
      const { MPI_Test } = this.#mpi.functions;
      const request = new BigInt64Array(new ArrayBuffer(8)); // of either kind of handle
      const status = Buffer.alloc(64); // of any library
      const done = [0];
      this.#check(begin(request), doing);
      const began = performance.now();
      for (;;) {
        this.#check(MPI_Test(request, done, status), doing);
        if (done[0]) return;
        const waited = performance.now() - began;
        if (waited > 1000 * limitSeconds) this.#giveUp(doing, limitSeconds);
        await (waited < eager ? nextTurn() : sleep(Math.min(longestPause, Math.max(1, waited / 100))));
      }
    });
  }

  /** The others may be gone, or the network to them: nobody but this process can end it. */
  #giveUp(doing: string, limitSeconds = this.#limitSeconds): never {
    process.stderr.write(
      `fcn: rank ${this.rank} on ${hostname()}: waited ${limitSeconds} s for the other ranks (${doing}), expected them ` +
        'sooner; one of them or the network hangs: find out which, then continue with --resume, or raise --mpi-timeout\n',
    );
    return endNow(1);
  }

  /** One after the other, in the order of the calls. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined); // whoever asked for it is told
    return result;
  }

  #numberFrom(call: (out: number[]) => number): number {
    const out = [0];
    this.#check(call(out), 'starting');
    return out[0]!;
  }

  #check(code: number, doing: string): void {
    if (code === 0) return;
    this.#isBroken = true;
    const text = Buffer.alloc(1024);
    this.#mpi.functions.MPI_Error_string(code, text, [0]);
    throw failure(
      `MPI: ${doing} with the other ranks failed: ${text.toString('latin1').replace(/\0.*$/s, '').trim()}`,
    );
  }
}
