import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { toInput } from '../../../src/data/batches/batch.ts';
import { datasetFor } from '../../../src/data/datasets/for-network.ts';
import { openDataset, splitsOf } from '../../../src/data/datasets/open.ts';
import { inputPresets, joinInputs } from '../../../src/data/input-config.ts';
import { streamsIn } from '../../../src/training/channel-settings.ts';
import { locateData, pathsOf } from '../../../src/training/locate-data.ts';
import { inputFor, type MeasuredChannels, measureChannels } from '../../../src/training/measure-channels.ts';
import { readSafetensors } from '../../../src/weights/safetensors/safetensors.ts';

const folder = fileURLToPath(new URL('../../fixtures/papers', import.meta.url));
const spec = (query: string) => `nyud:${folder}/nyud?${query}`;

/** What NumPy and Pillow make of the same files as nyud_layers.py does, but for the mean of colors; see peer/fixture_papers.py. */
const { tensors } = await readSafetensors(path.join(folder, 'nyud-inputs.safetensors'));

/** The preprocessing of a network that starts from VGG-16 by Caffe. */
function inputOf(measured: MeasuredChannels | undefined) {
  if (!measured) return inputPresets.caffe;
  const streams = [...new Set(measured.channels.map(({ stream }) => stream))];
  return joinInputs(
    streams.map((stream) =>
      inputFor(inputPresets.caffe, {
        ...measured,
        channels: measured.channels.filter((channel) => channel.stream === stream),
      }),
    ),
  );
}

describe.each(['rgb', 'rgbd', 'hha', 'rgb-hha'])('%s', (modality) => {
  it('gives a network what the data layer of the reference implementation gives it', async () => {
    const dataset = await openDataset(spec(`modality=${modality}`), 'trainval');
    const input = inputOf(await measureChannels(dataset));
    const fitting = await datasetFor(dataset, input);
    expect(fitting.ids).toEqual(['img_5001', 'img_5002']);
    for (const [index, id] of fitting.ids.entries()) {
      const { data, shape } = toInput((await fitting.load(index)).image, input);
      const expected = tensors.get(`${modality}/${id}`)!;
      expect(shape.slice(1)).toEqual(expected.shape);
      (expected.data as Float32Array).forEach((value, i) => {
        expect(Math.abs(data[i]! - value), `${id} ${i}`).toBeLessThan(1e-4);
      });
    }
  });
});

it('has a stream for each of the two images of late fusion, and one for all else', async () => {
  expect(streamsIn(await openDataset(spec('modality=rgb-hha'), 'val'))).toEqual([
    { name: 'color', channels: 3 },
    { name: 'hha', channels: 3 },
  ]);
  expect(streamsIn(await openDataset(spec('modality=rgbd'), 'val'))).toBeUndefined();
});

it('takes depths in what they are said to be counted in', async () => {
  const depths = async (query: string) => {
    const { image } = await (await openDataset(spec(`modality=rgbd${query}`), 'train')).load(0);
    return image.data.filter((_, i) => i % 4 === 3);
  };
  const millimetres = await depths('');
  expect(millimetres).toContain(2550);
  expect([...(await depths('&depth=5000'))]).toEqual([...millimetres].map((value) => Math.round(value / 5)));
});

it('is evaluated by networks for its channels alone', async () => {
  const hha = await openDataset(spec('modality=hha'), 'val');
  const rgbd = inputOf(await measureChannels(await openDataset(spec('modality=rgbd'), 'val')));
  await expect(datasetFor(hha, rgbd)).rejects.toThrow(
    /got images of horizontal disparity, .* expected red, green, blue, depth in mm/,
  );
  await expect(datasetFor(hha, inputPresets.caffe)).rejects.toThrow(/expected red, green, blue\b/);
  const colors = await openDataset(spec('modality=rgb'), 'val');
  await expect(datasetFor(colors, inputOf(await measureChannels(hha)))).rejects.toThrow(
    /got images of red, green, blue/,
  );
});

it.each([
  ['modality=depth', /got the modality depth, expected one of rgb, rgbd, hha, rgb-hha/],
  ['modalitiy=hha', /got modalitiy, expected modality or depth/],
  ['depth=m', /got depth m, expected units per metre/],
])('says what is wrong with nyud:DIR?%s', async (query, message) => {
  await expect(openDataset(spec(query), 'train')).rejects.toThrow(message);
  await expect(splitsOf(spec(query))).rejects.toThrow(message);
});

it('is found again where its run goes on', () => {
  expect(pathsOf('nyud:a/b?modality=hha')).toEqual(['a/b']);
  expect(pathsOf('siftflow:a/b?labels=both')).toEqual(['a/b']);
  expect(pathsOf('pascal-context:a,b?classes=33')).toEqual(['a', 'b']);
  const data = `nyud:${path.basename(folder)}/nyud?modality=hha`;
  expect(locateData({ data, directory: path.dirname(folder) })).toBe(`nyud:${folder}/nyud?modality=hha`);
});
