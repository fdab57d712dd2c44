// What bench/gpu.sh runs: each case in a process of its own, so that one that fails or hangs costs no other.
//   node bench/gpu.js [FILE.csv]
//   node bench/gpu.js case '{"device":"webgpu","model":"fcn8s","height":224,"width":224}'
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { random } from '../dist/base/rng.js';
import { allocate } from '../dist/base/tensor.js';
import { randomModel } from '../dist/cli/bench/random-model.js';
import { openDevice } from '../dist/engine/devices/native-devices.js';
import { defaultPlans, planOn } from '../dist/networks/plans.js';
import { Trainer } from '../dist/training/trainer.js';

const warmup = 2;
/** The longest of a case, and when no further one is begun, in seconds. */
const [longest, enough] = [75, 400];

/** Steps of a training; with `parity`, its losses beside those of the CPU. */
async function runCase({
  device,
  model,
  height,
  width,
  batch = 1,
  share = 1,
  rounds = 10,
  parity = false,
  plan = {},
}) {
  const image = allocate('float32', [batch, 3, height, width]);
  const label = allocate('uint8', [batch, height, width]);
  const stream = random(0, 'batch');
  for (let i = 0; i < image.data.length; i++) image.data[i] = stream.normal();
  for (let i = 0; i < label.data.length; i++) label.data[i] = stream.integer(21);
  const settings = {
    ...{ batchSize: batch, accumulate: 1, loss: 'mean', momentum: 0.9, weightDecay: 5e-4, dropout: 0 },
    // Larger steps make of other rounding other losses, on the CPU too: 1e-4 and images of 50 times the size gave 3 to 9 %.
    ...{ seed: 0, threads: 4, learningRate: parity ? 1e-5 : 1e-8 },
  };
  const stepsOn = async (name, steps) => {
    const runtime = await openDevice(name);
    const { config, weights } = randomModel(model, share, 21);
    const trainer = await Trainer.create(runtime, config, weights, settings, {
      ...planOn(runtime.device, 'training'),
      ...plan,
    });
    const [losses, times] = [[], []];
    for (let step = 0; step < steps; step++) {
      const started = performance.now();
      losses.push(await trainer.step([{ image, label, ids: ['bench'], first: 0 }], step));
      times.push(performance.now() - started);
    }
    await trainer.release();
    return { losses, times };
  };
  if (parity) {
    const [there, here] = [(await stepsOn(device, 5)).losses, (await stepsOn('cpu', 5)).losses];
    const differences = here.map((loss, i) => Math.abs(there[i] / loss - 1));
    // Of each step: a jump after several that agree is rounding at a kink, and not a wrong gradient.
    return { differencesOfLosses: differences.map((difference) => Number(difference.toExponential(1))) };
  }
  const { times } = await stepsOn(device, warmup + rounds);
  const measured = times.slice(warmup).sort((a, b) => a - b);
  return {
    medianMs: measured[measured.length >> 1],
    minMs: measured[0],
    maxMs: measured.at(-1),
    firstMs: times[0],
  };
}

/** MiB of the GPU in use, by everybody; undefined without nvidia-smi. */
function memoryInUse() {
  const { stdout } = spawnSync('nvidia-smi', ['--query-gpu=memory.used', '--format=csv,noheader,nounits']);
  return stdout ? Number(String(stdout).split('\n')[0]) : undefined;
}

async function inProcess(settings) {
  const before = memoryInUse();
  let most = before;
  const timer = setInterval(() => {
    const now = memoryInUse();
    if (now !== undefined && now > most) most = now;
  }, 500);
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), 'case', JSON.stringify(settings)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const killer = setTimeout(() => child.kill('SIGKILL'), 1000 * longest);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].on('data', (chunk) => {
      output[name] += chunk;
    });
  }
  const code = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(timer);
  clearTimeout(killer);
  if (code !== 0)
    return { error: output.stderr.trim().split('\n').at(-1) || `no result within ${longest} s` };
  const memory = before === undefined ? {} : { gpuMemoryMiB: most - before };
  return { ...JSON.parse(output.stdout), ...memory };
}

function casesOn(device) {
  const [vgg, mobile] = ['fcn8s', 'fcn8s-mobilenetv2'];
  const small = { height: 224, width: 224 };
  const large = { height: 375, width: 500 };
  return [
    { device, model: vgg, ...small, share: 0.25, parity: true },
    { device, model: mobile, ...small, parity: true },
    { device, model: vgg, ...small },
    { device, model: mobile, ...small },
    { device, model: mobile, ...small, batch: 8 },
    { device, model: mobile, ...large },
    { device, model: vgg, ...large, rounds: 5 },
    { device, model: vgg, ...small, batch: 8, rounds: 5 },
    // What computes them best is not known yet: the plan of the CPU's convolutions, and whole maps.
    { device, model: vgg, ...small, plan: { winograd: defaultPlans.training.winograd } },
    { device, model: vgg, ...small, plan: { halves: [] } },
  ];
}

async function main() {
  const { positionals } = parseArgs({ allowPositionals: true });
  if (positionals[0] === 'case') {
    process.stdout.write(`${JSON.stringify(await runCase(JSON.parse(positionals[1])))}\n`);
    return;
  }
  const [csv] = positionals;
  if (csv) writeFileSync(csv, 'case,result\n');
  const devices = ['webgpu', 'cuda'];
  const cpu = { device: 'cpu', height: 224, width: 224, rounds: 3 };
  const cases = [
    ...casesOn(devices[0]),
    ...['fcn8s', 'fcn8s-mobilenetv2'].map((model) => ({ ...cpu, model })),
    ...casesOn(devices[1]).slice(0, 8),
  ];
  const absent = new Set();
  for (const settings of cases) {
    if (performance.now() > 1000 * enough || absent.has(settings.device)) continue;
    const result = await inProcess(settings);
    if (/^(?:FcnError: )?device /.test(result.error ?? '')) absent.add(settings.device);
    const line = [JSON.stringify(settings), JSON.stringify(result)];
    process.stdout.write(`${line.join(' ')}\n`);
    if (csv) appendFileSync(csv, `${line.map((text) => `"${text.replaceAll('"', '""')}"`).join(',')}\n`);
  }
}

await main().catch((thrown) => {
  process.stderr.write(`${thrown}\n`);
  process.exit(1);
});
