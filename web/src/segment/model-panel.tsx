import type { Backend } from '../../../src/library/web/index.ts';
import { FileButton } from '../file-button.tsx';
import type { LoadedModel } from './messages.ts';
import type { SegmentState } from './segment-state.ts';
import type { Segmenting } from './segmenting.ts';

interface ModelPanelProps {
  readonly state: SegmentState;
  readonly segmenting: Segmenting;
}

/** The model in use, and how it sees images. */
export function ModelPanel({ state, segmenting }: ModelPanelProps) {
  const { model, modelName, backend, longest } = state;
  const config = model?.config;
  const trained = config?.trainedSize && Math.max(config.trainedSize.height, config.trainedSize.width);
  return (
    <div class="panel">
      <h2>Model</h2>
      <p class="model" id="model">
        {model && (
          <>
            <strong>{modelName}</strong>
            {describe(model)}
          </>
        )}
      </p>
      <FileButton
        text="Open model"
        id="model-input"
        testId="model-input"
        accept=".onnx"
        onFiles={([file]) => void segmenting.loadModel({ model: file!, name: file!.name })}
      />
      <p class="muted small">
        A file that <code>fcn export</code> wrote. Drop it anywhere, or add <code>?model=ADDRESS</code> to
        this page's address.
      </p>
      <label class="field">
        <span>Computed by</span>
        <select
          value={backend}
          onChange={({ currentTarget }) => segmenting.chooseBackend(currentTarget.value as Backend | '')}
        >
          <option value="">the fastest here</option>
          <option value="webgpu">WebGPU</option>
          <option value="wasm">WebAssembly</option>
        </select>
      </label>
      <label class="field">
        <span>Large images</span>
        <select
          value={longest}
          onChange={({ currentTarget }) => segmenting.chooseLongest(Number(currentTarget.value))}
        >
          <option value={0}>at their own size</option>
          <option value={1600}>as 1600 pixels</option>
          <option value={800}>as 800 pixels</option>
          {config?.longestSide && <option value={config.longestSide}>as {config.longestSide} pixels</option>}
          {trained && <option value={trained}>as {trained} pixels, as in training</option>}
          <option value={400}>as 400 pixels</option>
        </select>
      </label>
    </div>
  );
}

function describe({ config, backend, threads }: LoadedModel): string {
  const engine = {
    webgpu: 'WebGPU',
    wasm: `WebAssembly, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
  }[backend];
  return `${config.model}, ${config.numClasses} classes, on ${engine}`;
}
