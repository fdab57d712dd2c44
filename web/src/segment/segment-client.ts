import type { Backend } from '../../../src/library/web/index.ts';
import type { LoadedModel, Reply, Request, Results, TileProgress } from './messages.ts';
import type { Picture } from './picture.ts';

/** A model file and what people call it. */
export interface ModelFile {
  readonly model: Blob | string;
  readonly name: string;
}

interface Waiting {
  resolve(result: Results[keyof Results]): void;
  reject(reason: Error): void;
  onTile(progress: TileProgress): void;
}

/** The worker that segments, as the page sees it. */
export class SegmentClient {
  private worker = this.startWorker();
  private waiting: Waiting[] = [];
  private inUse: (Request & { kind: 'load' }) | undefined;
  private broken = false;

  /** Loads a model. The one before stays in use when that fails. @throws Error with words for people. */
  async load({ model, name }: ModelFile, backend: Backend | undefined): Promise<LoadedModel> {
    const request = { kind: 'load', model, name, backend } as const;
    if (this.broken) this.restart();
    const loaded = await this.ask<'load'>(request);
    this.inUse = request;
    return loaded;
  }

  /** Segments a picture with the model that was loaded last. @throws Error with words for people. */
  async segment(
    { pixels, width, height }: Picture,
    onTile: (progress: TileProgress) => void = () => {},
  ): Promise<Results['segment']> {
    if (this.broken) {
      this.restart();
      if (this.inUse) await this.ask<'load'>(this.inUse);
    }
    try {
      return await this.ask<'segment'>({ kind: 'segment', pixels, size: { width, height } }, onTile);
    } catch (thrown) {
      // WebAssembly that ran out of memory is lost: the next picture gets a new worker.
      this.broken = true;
      throw thrown;
    }
  }

  private ask<K extends keyof Results>(
    request: Request & { kind: K },
    onTile: (progress: TileProgress) => void = () => {},
  ): Promise<Results[K]> {
    return new Promise<Results[K]>((resolve, reject) => {
      this.waiting.push({ resolve: resolve as Waiting['resolve'], reject, onTile });
      this.worker.postMessage(request);
    });
  }

  private startWorker(): Worker {
    const worker = new Worker(new URL('./segment-worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      if ('progress' in data) return this.waiting[0]?.onTile(data.progress);
      const asked = this.waiting.shift();
      if ('error' in data) asked?.reject(new Error(data.error));
      else asked?.resolve(data.result);
    };
    worker.onerror = ({ message }) => {
      this.broken = true;
      const reason = message || 'its script could not be loaded; check the connection and reload';
      for (const { reject } of this.waiting.splice(0)) reject(new Error(`worker: ${reason}`));
    };
    return worker;
  }

  private restart(): void {
    this.worker.terminate();
    for (const { reject } of this.waiting.splice(0)) reject(new Error('worker: restarted'));
    this.worker = this.startWorker();
    this.broken = false;
  }
}
