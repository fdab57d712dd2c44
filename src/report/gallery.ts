import { encode } from 'fast-png';
import { ignoreLabel, type LabelImage, type RgbImage } from '../images/image.ts';
import { encodeLabelPng } from '../images/label-png.ts';
import { labelName, presentLabels } from '../images/legend.ts';
import { vocPalette } from '../images/palette.ts';
import { type Html, html } from './html.ts';
import type { Example } from './report-input.ts';

/** Larger sides are divided by a whole number until they fit: a report should stay small enough to be sent. */
const maxSide = 512;

/** Image, truth and prediction side by side in the colors of VOC, under a legend of the classes that occur. */
export function gallery(examples: Example[], classes: readonly string[]): Html {
  const labels = presentLabels(...examples.flatMap(({ truth, prediction }) => [truth, prediction]));
  return html`
    <div class="legend">${labels.map((label) => html`<span>${swatch(label)}${labelName(label, classes)}</span>`)}</div>
    ${examples.map(
      ({ id, image, truth, prediction }) => html`
        <figure class="example">
          <img src="${imageUri(image)}" alt="${id}">
          <img class="label" src="${labelUri(truth)}" alt="truth of ${id}">
          <img class="label" src="${labelUri(prediction)}" alt="prediction for ${id}">
          <figcaption>${id} <span class="muted">image, truth, prediction${agreement(truth, prediction)}</span></figcaption>
        </figure>`,
    )}`;
}

/** A square in the color of a class. */
export function swatch(label: number): Html {
  return html`<span class="swatch" style="background: rgb(${vocPalette()[label]!.join(' ')})"></span>`;
}

/** Pixel accuracy of one example, for its caption. */
function agreement(truth: LabelImage, prediction: LabelImage): string {
  let valid = 0;
  let right = 0;
  truth.data.forEach((label, pixel) => {
    if (label === ignoreLabel) return;
    valid += 1;
    if (prediction.data[pixel] === label) right += 1;
  });
  return valid === 0 ? '' : ` (${((right / valid) * 100).toFixed(1)} % of the pixels right)`;
}

function imageUri(image: RgbImage): string {
  return pngUri(encode({ ...shrink(image, 3), channels: 3, depth: 8 }));
}

function labelUri(label: LabelImage): string {
  return pngUri(encodeLabelPng(shrink(label, 1), vocPalette()));
}

function pngUri(png: Uint8Array): string {
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}

/** Every k-th pixel of every k-th row, with the smallest k that makes the image fit `maxSide`. */
function shrink<T extends RgbImage | LabelImage>(
  image: T,
  channels: number,
): { width: number; height: number; data: Uint8Array } {
  const step = Math.ceil(Math.max(image.width, image.height) / maxSide);
  if (step === 1) return image;
  const width = Math.ceil(image.width / step);
  const height = Math.ceil(image.height / step);
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const source = (y * step * image.width + x * step) * channels;
      data.set(image.data.subarray(source, source + channels), (y * width + x) * channels);
    }
  }
  return { width, height, data };
}
