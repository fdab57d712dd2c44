// A rank of test/base/mpi/communicator.test.ts: every operation, its results on standard output.
// node operations.js [LIBRARY] [FAILING_RANK]
import { inputError } from '../../../dist/base/errors.js';
import { exchange, isShared, sumTogether, together } from '../../../dist/base/mpi/agreement.js';
import { connect } from '../../../dist/base/mpi/connect.js';
import { findLauncher } from '../../../dist/base/mpi/launcher.js';

const [library = '', failing] = process.argv.slice(2);
const world = connect(findLauncher(), library === '' ? undefined : library);
const { rank, size } = world;
const float64 = (...values) => Float64Array.from(values).map((x) => x);
/** Off the JavaScript heap. */
const at = (array) => new array.constructor(array.buffer.slice(0));

const small = at(Float32Array.from([rank, 0.5]));
await world.sum(small);
const large = new Float32Array(new ArrayBuffer(4 * 20_000_001));
large[20_000_000] = rank + 1; // behind the first piece
await world.sum(large);
const given = at(float64(rank === 0 ? 42 : 0));
await world.broadcast(given);
const patient = at(float64(rank === 0 ? 43 : 0));
if (rank === 0) await new Promise((resolve) => setTimeout(resolve, 50));
await world.broadcastPatiently(patient);
const gathered = await world.gather(Buffer.from('x'.repeat(rank)));
const all = await exchange(world, { rank });
const [own, sums] = await sumTogether(world, async () => [`rank ${rank}`, [1, rank]], 2);
const failure = await together(world, async () => {
  if (String(rank) === failing) throw inputError('image cat.jpg: bad');
}).catch((thrown) => ({ message: thrown.message, exitCode: thrown.exitCode, isShared: isShared(thrown) }));
await world.barrier();
await world.close();
process.stdout.write(
  `${JSON.stringify({
    ...{ rank, size, library: world.library, small: [...small], large: large[20_000_000], own, sums },
    ...{ given: given[0], patient: patient[0], all, failure },
    gathered: gathered.map((bytes) => Buffer.from(bytes).toString()),
  })}\n`,
);
