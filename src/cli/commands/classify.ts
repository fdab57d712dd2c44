import path from 'node:path';
import { Command } from 'commander';
import { idOf, makeFolder, writeFileAtomic } from '../../base/files.ts';
import { isOfInput } from '../../base/memory.ts';
import { readWithRemarks } from '../../data/images/decode.ts';
import { encodeNpy } from '../../data/images/npy.ts';
import type { InputPreset } from '../../data/input-config.ts';
import { readClassLabels } from '../../inference/classify/class-labels.ts';
import { type Classification, type Classifier, loadClassifier } from '../../inference/classify/classifier.ts';
import { isClassification } from '../earlier-results.ts';
import { errorOfFailed, type FailedImage, sayEach } from '../failed-images.ts';
import { assumptionsOf, forceOption, inputOption, threadsOption, wholeNumber } from '../options.ts';
import { checkOutputs } from '../outputs.ts';
import { jsonOption, printResult } from '../print-result.ts';
import { Remarks } from '../remarks.ts';

interface ClassifyArguments {
  weights: string;
  input?: InputPreset;
  labels?: string;
  top: number;
  features?: string;
  json?: string;
  threads: number;
  force?: true;
}

export function classifyCommand(): Command {
  return new Command('classify')
    .description('Classify images with the ImageNet classifier in a weights file, before it becomes an FCN')
    .argument('<image...>', 'image files')
    .requiredOption(
      '--weights <FILE>',
      'classifier: SqueezeNet (.net, .pth, .caffemodel) or MobileNetV2 (.tflite)',
    )
    .addOption(inputOption())
    .option('--labels <FILE>', 'file with the names of the classes, one per line')
    .option('--top <N>', 'how many classes to print', wholeNumber(1), 5)
    .option(
      '--features <DIR>',
      "write ID.npy: the classifier's last features, float32 [channels, height, width]",
    )
    .addOption(jsonOption())
    .addOption(threadsOption())
    .addOption(forceOption())
    .action(async (images: string[], given: ClassifyArguments) => {
      const features =
        given.features === undefined ? [] : images.map((image) => featuresFile(given.features!, image));
      checkOutputs(
        [
          { option: '--json', file: given.json, isEarlier: isClassification },
          ...features.map((file) => ({ option: '--features', file, isEarlier: () => false })),
        ],
        { inputs: { files: [given.weights, given.labels, ...images] }, force: given.force },
      );
      const classifier = await loadClassifier(given.weights, given, assumptionsOf(given));
      try {
        const { results, failed } = await classifyImages(classifier, images, given);
        if (results.length > 0) await printResult(results.map(textOf).join('\n'), given.json, results);
        const error = errorOfFailed(failed, images.length, 'classified');
        sayEach(failed);
        if (error) throw error;
      } finally {
        await classifier.release();
      }
    });
}

interface Guesses {
  readonly image: string;
  readonly top: readonly { readonly index: number; readonly label: string; readonly probability: number }[];
}

function textOf({ image, top }: Guesses): string {
  const lines = top.map(
    ({ probability, label }) => `${(100 * probability).toFixed(1).padStart(6)} %  ${label}`,
  );
  return [image, ...lines].join('\n');
}

/** The most likely classes of each image that can be used. */
async function classifyImages(classifier: Classifier, images: readonly string[], given: ClassifyArguments) {
  const { numClasses } = classifier;
  const labels = given.labels
    ? await readClassLabels(given.labels, numClasses)
    : Array.from({ length: numClasses }, (_, i) => `class ${i}`);
  const results: Guesses[] = [];
  const failed: FailedImage[] = [];
  const remarks = new Remarks();
  for (const image of images) {
    const decoded = await readWithRemarks(image).catch((thrown) => {
      if (!isOfInput(thrown)) throw thrown;
      failed.push({ image, error: thrown.message });
    });
    if (!decoded) continue;
    remarks.tell(image, decoded.remarks);
    const { probabilities, features } = await classifier.classify(decoded.image);
    const top = largest(probabilities, given.top).map(([index, probability]) => ({
      ...{ index, label: labels[index]!, probability },
    }));
    results.push({ image, top });
    if (given.features) await writeFeatures(given.features, image, features);
  }
  return { results, failed };
}

/** The classes of highest probability, highest first. */
function largest(probabilities: Float32Array, count: number): [number, number][] {
  return [...probabilities.entries()].sort(([, a], [, b]) => b - a).slice(0, count);
}

function featuresFile(folder: string, image: string): string {
  return path.join(folder, `${idOf(image)}.npy`);
}

async function writeFeatures(folder: string, image: string, { data, shape }: Classification['features']) {
  await makeFolder(folder);
  await writeFileAtomic(featuresFile(folder, image), [encodeNpy(data, shape.slice(1))]);
}
