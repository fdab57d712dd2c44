import { FcnError, inputError, reasonOf } from '../../../src/base/errors.ts';
import { loadSegmenter, type WebSegmenter } from '../../../src/library/web/index.ts';
import { runtimeFiles } from '../runtime-files.ts';
import { enlargeClasses } from './enlarge-classes.ts';
import type { Reply, Request, Results } from './messages.ts';

let segmenter: WebSegmenter | undefined;
let last: Promise<void> = Promise.resolve();

// One after the other: an image that comes while a model loads waits for it.
self.onmessage = ({ data }: MessageEvent<Request>) => {
  last = last.then(() => answer(data));
  if (data.kind === 'load') last = last.then(warmUp);
};

async function answer(request: Request): Promise<void> {
  try {
    if (request.kind === 'load') send({ result: await load(request) });
    else {
      const result = await segment(request);
      send({ result }, [result.classes.data.buffer as ArrayBuffer]);
    }
  } catch (thrown) {
    send({ error: thrown instanceof FcnError ? thrown.message : `browser: ${reasonOf(thrown)}` });
  }
}

async function load({ model, name, backend }: Request & { kind: 'load' }): Promise<Results['load']> {
  const loaded = await loadSegmenter(model, { name, backend, files: runtimeFiles });
  // The one before is given up only now: it goes on where the new file is no model.
  await segmenter?.release();
  segmenter = loaded;
  return { config: loaded.config, backend: loaded.backend, threads: loaded.threads };
}

/**
 * A first run takes longer than those that follow: browsers compile WebAssembly when it is first called. While people
 * choose a picture there is time for it. What goes wrong in it will be said of the picture.
 */
async function warmUp(): Promise<void> {
  const side = 64;
  await segmenter
    ?.segment({ width: side, height: side, data: new Uint8Array(side * side * 3) })
    .catch(() => {});
}

async function segment({ pixels, size }: Request & { kind: 'segment' }): Promise<Results['segment']> {
  if (!segmenter)
    throw inputError('model: got none, expected one to segment with; open a file that fcn export wrote');
  const onTile = (done: number, total: number) => send({ progress: { done, total } });
  const { classes, milliseconds } = await segmenter.segment(pixels, onTile);
  return { classes: enlargeClasses(classes, size.width, size.height), milliseconds };
}

function send(reply: Reply, transfer: Transferable[] = []): void {
  self.postMessage(reply, { transfer });
}
