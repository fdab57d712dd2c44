/**
 * Makes the network that comes with the package, and the page's 8-bit file of it: `npm run builtin:make -- DEEPLAB VOC`.
 *
 * DEEPLAB is deeplabv3_mnv2_pascal_quant.tflite (github.com/google-coral/test_data, Apache-2.0). VOC is a folder in VOC's layout; where
 * it has SegmentationClassAug and ImageSets/Segmentation/sbd_extra.txt, labels of SBD, these are trained on as well. Its split
 * val chooses the best of four validations. What comes of it is described in docs/model-card.md.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadModel, saveModel } from '../dist/library/index.js';

const [deeplab, voc] = process.argv.slice(2);
if (!deeplab || !voc) {
  process.stderr.write('usage: node builtin/make.js deeplabv3_mnv2_pascal_quant.tflite VOC_FOLDER\n');
  process.exit(2);
}

const root = path.resolve(import.meta.dirname, '..');
const folder = path.join(root, 'runs/builtin');
const data = path.join(folder, 'data');
const run = path.join(folder, 'run');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

gatherData();
fcn(
  `train --data voc:${data} --model deeplabv3-mobilenetv2 --init ${path.resolve(deeplab)} --out ${run} --native-size ` +
    '--optimizer adamw --learning-rate 3e-5 --schedule poly --epochs 6 --batch-size 1 --ema 0.99 --augment flip,scale,color ' +
    '--dropout 0 --validate-every 369 --threads 1',
);
const { config, weights } = await loadModel(path.join(run, 'best.safetensors'));
const file = path.join(root, 'builtin/photos.safetensors');
// It knows objects as large as they are in VOC's photographs, whose longer side is 500 pixels.
await saveModel(file, { config: { ...config, longestSide: 513 }, weights }, { half: true });
const page = path.join(root, 'web/public/model/photos.onnx');
fcn(`quantize --weights ${file} --data voc:${data} --split train --weight-bits 8 --out ${page} --force`);

/** One folder with both kinds of labels. */
function gatherData() {
  const list = (split) =>
    readFileSync(path.join(voc, `ImageSets/Segmentation/${split}.txt`), 'utf8').split(/\s+/).filter(Boolean);
  cpSync(path.join(voc, 'JPEGImages'), path.join(data, 'JPEGImages'), { recursive: true });
  cpSync(path.join(voc, 'SegmentationClass'), path.join(data, 'SegmentationClass'), { recursive: true });
  const more = path.join(voc, 'SegmentationClassAug');
  if (existsSync(more)) {
    for (const name of readdirSync(more)) {
      copyFileSync(path.join(more, name), path.join(data, 'SegmentationClass', name));
    }
  }
  mkdirSync(path.join(data, 'ImageSets/Segmentation'), { recursive: true });
  const lists = { train: [...list('train'), ...(existsSync(more) ? list('sbd_extra') : [])], val: list('val') };
  for (const [split, ids] of Object.entries(lists)) {
    writeFileSync(path.join(data, `ImageSets/Segmentation/${split}.txt`), `${ids.join('\n')}\n`);
  }
}

/** Runs a command of the program. */
function fcn(command) {
  execFileSync(process.execPath, [path.join(root, 'bin/fcn.js'), ...command.split(' ')], { stdio: 'inherit' });
}
