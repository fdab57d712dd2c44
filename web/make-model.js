/**
 * Makes what comes with the page, in web/public: the model, trained in stages on generated images as in `fcn demo`, at half
 * its width (validation mean IoU 0.739), and sample images. Run by `npm run web:model`. The files are in the repository,
 * so that the page builds without it.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const runs = path.join(root, 'runs/web');
const model = path.join(root, 'web/public/model');
const samples = path.join(root, 'web/public/samples');

/** Validation images of which each shows something else: other classes, one object or several, some in part. */
const chosen = [31, 22, 5, 32, 7, 1];

rmSync(runs, { recursive: true, force: true });
for (const folder of [runs, model, samples]) mkdirSync(folder, { recursive: true });

fcn(
  'train --data shapes:?train=400&val=50&size=128 --model fcn8s --width 0.0625 --stages 32s,16s,8s --epochs 1,1,8',
  '--batch-size 1 --learning-rate 0.01 --schedule poly --momentum 0.9 --dropout 0 --augment flip --native-size --out run',
);
fcn('export --weights run/fcn8s/best.safetensors --out shapes.onnx');
copyFileSync(path.join(runs, 'shapes.onnx'), path.join(model, 'shapes.onnx'));

fcn('data make shapes:?train=1&val=40&size=160 --out samples');
chosen.forEach((image, i) => {
  const file = `val_${String(image).padStart(6, '0')}.png`;
  copyFileSync(path.join(runs, 'samples/JPEGImages', file), path.join(samples, `sample-${i + 1}.png`));
});

/** Runs a command of the program, in the folder of the runs. */
function fcn(...command) {
  const bin = path.join(root, 'bin/fcn.js');
  execFileSync(process.execPath, [bin, ...command.join(' ').split(' ')], { cwd: runs, stdio: 'inherit' });
}
