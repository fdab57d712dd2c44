import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/*
 * Commands under limits on addresses (ulimit -v, in MB): each must end well, or in a sentence about memory. By hand, after npm run build:
 *
 *   node --import tsx test/attack/ladder.ts 800 1000 1200 1500 2000 2500 3000
 */

const program = path.join(import.meta.dirname, '..', '..', 'bin', 'fcn.js');

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** Runs fcn where addresses are limited to so many megabytes. */
export function fcnWithin(megabytes: number, args: readonly string[]): Promise<Ended> {
  const limited = [
    '-c',
    `ulimit -v ${1000 * megabytes}; exec "$@"`,
    'bash',
    process.execPath,
    program,
    ...args,
  ];
  const child = spawn('bash', limited, { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += chunk));
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stderr }));
  });
}

/** Whether a command has ended as it should: well, or saying that there is not enough memory. */
export function endedWell({ code, stderr }: Ended): boolean {
  const last = stderr.split(/[\r\n]/).findLast((line) => line.startsWith('fcn: '));
  return code === 0 || ((code === 1 || code === 2) && /\bmemory: got /.test(last ?? ''));
}

if (process.argv[1] === import.meta.filename) {
  const folder = await mkdtemp(path.join(tmpdir(), 'fcn-ladder-'));
  const at = (...names: string[]) => path.join(folder, ...names);
  const data = ['--data', `voc:${at('data')}`];
  const weights = ['--weights', at('weights.safetensors')];
  const network = ['--model', 'fcn8s', '--width', '0.5', '--val-size', '128x128'];
  const commands: Record<string, (megabytes: number) => string[]> = {
    'small training': (megabytes) => [
      ...['train', ...data, '--model', 'fcn8s', '--width', '0.05', '--crop', '64x64', '--iterations', '2'],
      ...['--out', at(`small-${megabytes}`)],
    ],
    'larger training': (megabytes) => [
      ...[
        'train',
        ...data,
        ...network,
        '--crop',
        '128x128',
        '--iterations',
        '2',
        '--out',
        at(`run-${megabytes}`),
      ],
    ],
    predict: () => ['predict', ...weights, '--out', at('predictions'), at('data', 'JPEGImages')],
    evaluate: () => ['evaluate', ...weights, ...data],
    inspect: () => ['inspect', at('weights.safetensors')],
    convert: (megabytes) => ['convert', at('weights.safetensors'), at(`${megabytes}.pth`)],
    quantize: (megabytes) => ['quantize', ...weights, ...data, '--out', at(`${megabytes}.onnx`)],
    'data check': () => ['data', 'check', `voc:${at('data')}`],
  };
  const unlimited = 1e9;
  const prepare = [
    ['data', 'make', 'shapes:?train=4&val=2&size=160', '--out', at('data')],
    [
      ...['train', ...data, ...network, '--crop', '128x128', '--iterations', '1', '--validate-every', '0'],
      ...['--out', at('run')],
    ],
    ['convert', at('run', 'last.safetensors'), at('weights.safetensors')],
  ];
  try {
    for (const args of prepare) {
      const ended = await fcnWithin(unlimited, args);
      if (ended.code !== 0) throw new Error(ended.stderr);
    }
    for (const [name, argsAt] of Object.entries(commands)) {
      for (const megabytes of process.argv.slice(2).map(Number)) {
        const ended = await fcnWithin(megabytes, argsAt(megabytes));
        const said = ended.stderr.split(/[\r\n]/).findLast((line) => line.trim() !== '') ?? '';
        const how = ended.signal ?? `exit code ${ended.code}`;
        const verdict = endedWell(ended) ? 'ok  ' : 'FAIL';
        process.stdout.write(
          `${verdict} ${name}, ${megabytes} MB: ${how}${ended.code === 0 ? '' : `: ${said.slice(0, 200)}`}\n`,
        );
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
