/**
 * Makes what comes with the page, in web/public: the model, trained on generated images, and sample images. Run by
 * `npm run web:model`. The files are in the repository, so that the page builds without it; the model there is the best of
 * the first 1200 of these 1600 iterations (validation mean IoU 0.295).
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
  'train --data shapes:?train=800&val=50&size=128 --model fcn8s-atonce --width 0.0625 --init none',
  '--epochs 8 --batch-size 4 --learning-rate 0.01 --schedule poly --momentum 0.9 --dropout 0',
  '--augment flip,scale --crop 128x128 --val-size native --validate-every 200 --out run',
);
fcn('export --weights run/best.safetensors --out shapes.onnx');
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
