import type { InferenceSession } from 'onnxruntime-web';
import { counted } from '../../base/counted.ts';
import { failure, inputError, reasonOf } from '../../base/errors.ts';
import type { Image, LabelImage } from '../../data/images/image.ts';
import { rowsOf } from '../../data/images/row-source.ts';
import { isOfColors } from '../../data/input-config.ts';
import {
  isWithoutWebAssembly,
  missingWebAssembly,
  webAssemblyFiles,
} from '../../engine/runtimes/web/missing-webassembly.ts';
import { bytesPerPixel } from '../../inference/predict/memory-per-pixel.ts';
import { forEachTile, pasteTile } from '../../inference/predict/segment-in-tiles.ts';
import { tileSizeWithin, tilesOf } from '../../inference/predict/tiles.ts';
import type { ModelConfig } from '../../networks/model-config.ts';
import { receptiveFieldOf } from '../../networks/receptive-field.ts';
import { readExportedConfig } from '../../weights/exported-config.ts';
import { type Backend, type BackendOptions, type LoadedBackend, loadBackend } from './backend.ts';
import { type ModelSource, nameOfModel, readModelBytes } from './model-bytes.ts';
import { type Pixels, toRgb } from './pixels.ts';

export interface LoadOptions extends BackendOptions {
  /** What messages call the model file; default: its name or its address. */
  readonly name?: string | undefined;
  /**
   * What the network may take for an image in bytes, its weights apart; default: 1 GiB, since WebAssembly has 4 at most. An
   * image that would take more is segmented in tiles.
   */
  readonly memory?: number | undefined;
}

export interface Segmentation {
  /** The class of each pixel, at the image's own size: an index into `config.classes`. */
  readonly classes: LabelImage;
  /** Time of the network and of reading its result. */
  readonly milliseconds: number;
}

/** A network in a browser that is ready to segment images of any size. */
export interface WebSegmenter {
  /** What the file says about the network: its name, its classes, its preprocessing (which is part of the graph). */
  readonly config: ModelConfig;
  readonly backend: Backend;
  readonly threads: number;
  /**
   * The class of highest score at each pixel; what `fcn predict` gives. One call at a time: others wait. Large images pass
   * through the network in tiles, with the same result in less memory (not DeepLab's, whose scores depend on all of the image).
   * @param onTile called after each tile of an image that has several
   * @throws FcnError when the pixels do not fill the image, or the runtime fails (the browser's memory is small).
   */
  segment(image: Pixels, onTile?: (done: number, total: number) => void): Promise<Segmentation>;
  /** Frees the memory of the network. */
  release(): Promise<void>;
}

/**
 * Loads a network that `fcn export` wrote. In a page, call it in a worker: on WebAssembly `segment` computes where it is
 * called. Where WebGPU was chosen for want of another wish, and cannot take the network, WebAssembly takes it.
 * @throws FcnError when the model is not to be had or not made by `fcn export`, or the browser cannot run it.
 */
export async function loadSegmenter(model: ModelSource, options: LoadOptions = {}): Promise<WebSegmenter> {
  const name = options.name ?? nameOfModel(model);
  // Both at once: the runtime is larger than most models.
  const [bytes, loaded] = await Promise.all([readModelBytes(model, name), loadBackend(options)]);
  const config = readExportedConfig(bytes, name);
  checkColors(config, name);
  const { session, runtime, backend, threads } = await openSession(bytes, name, loaded, options);
  let last: Promise<unknown> = Promise.resolve();
  let isReleased = false;

  const classesOf = async ({ width, height, data }: Image): Promise<Uint8Array> => {
    const input = new runtime.Tensor('uint8', data, [1, height, width, 3]);
    const { classes } = await session.run({ image: input }, ['classes']);
    return Uint8Array.from((await classes!.getData()) as Uint8Array);
  };
  const field = receptiveFieldOf(config.model);
  const mostPixels = (options.memory ?? 2 ** 30) / bytesPerPixel(config);

  const run = async (
    image: Pixels,
    onTile?: (done: number, total: number) => void,
  ): Promise<Segmentation> => {
    const rgb = toRgb(image);
    const { width, height } = rgb;
    const started = performance.now();
    try {
      const tiles = field
        ? tilesOf(rgb, tileSizeWithin(rgb, mostPixels, field), field)
        : tilesOf(rgb, rgb, { reach: 0, stride: 1 });
      const classes = { width, height, data: new Uint8Array(width * height) };
      let done = 0;
      await forEachTile(rowsOf(rgb), tiles, async (tile, seen) => {
        pasteTile(classes, tile, await classesOf(seen));
        if (tiles.length > 1) onTile?.(++done, tiles.length);
      });
      return { classes, milliseconds: performance.now() - started };
    } catch (thrown) {
      throw failure(
        `segmentation: ${width}x${height} pixels failed on ${backend} (${reasonOf(thrown)}); there may not be enough memory: use a ` +
          'smaller image',
        thrown,
      );
    }
  };

  return {
    config,
    backend,
    threads,
    segment: (image, onTile) => {
      if (isReleased) {
        const late = 'segmenter: got an image after release(), expected none; load another segmenter';
        return Promise.reject(inputError(late));
      }
      const result = last.then(() => run(image, onTile));
      last = result.catch(() => {}); // its caller gets the error; the next call is not concerned
      return result;
    },
    release: async () => {
      if (isReleased) return;
      isReleased = true;
      await last;
      await session.release();
    },
  };
}

/** @throws FcnError for a network whose images no page has */
function checkColors({ input }: ModelConfig, name: string): void {
  if (isOfColors(input)) return;
  throw inputError(
    `model ${name}: got a network for ${counted(input.channels.length, 'channel')}, expected one for RGB images; use it with fcn predict`,
  );
}

/** What ONNX Runtime calls the backends. */
const providers = {
  wasm: 'wasm',
  // In its default layout, NHWC, version 1.30 computes convolutions of 6, 9, 21 channels wrongly: those divisible by 3,
  // not by 4, and more than 3, to a multiple of 4.
  webgpu: { name: 'webgpu', preferredLayout: 'NCHW' },
} as const;

interface OpenedSession extends LoadedBackend {
  readonly session: InferenceSession;
}

async function openSession(
  bytes: Uint8Array,
  name: string,
  loaded: LoadedBackend,
  options: LoadOptions,
): Promise<OpenedSession> {
  const { backend, runtime } = loaded;
  try {
    const session = await runtime.InferenceSession.create(bytes, {
      executionProviders: [providers[backend]],
    });
    return { ...loaded, session };
  } catch (thrown) {
    if (backend === 'webgpu' && options.backend === undefined) {
      return openSession(bytes, name, await loadBackend({ ...options, backend: 'wasm' }), options);
    }
    if (isWithoutWebAssembly(thrown)) {
      throw await missingWebAssembly(thrown, webAssemblyFiles[backend], options.files?.[backend]);
    }
    throw inputError(
      `model ${name}: ONNX Runtime cannot load it on ${backend} (${reasonOf(thrown)})`,
      thrown,
    );
  }
}
