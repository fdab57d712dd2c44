import { FileButton } from '../file-button.tsx';
import { Samples } from './samples.tsx';
import type { SegmentState } from './segment-state.ts';
import type { Segmenting } from './segmenting.ts';

interface ImagePanelProps {
  readonly state: SegmentState;
  readonly segmenting: Segmenting;
}

/** Where images come from. */
export function ImagePanel({ state, segmenting }: ImagePanelProps) {
  return (
    <div class="panel">
      <h2>Image</h2>
      <div class="buttons">
        <FileButton
          text="Open image"
          id="image-input"
          testId="image-input"
          accept="image/*"
          isPrimary
          onFiles={([file]) => void segmenting.openImage(file!, file!.name)}
        />
        <button
          type="button"
          id="camera"
          aria-pressed={state.isCameraOn}
          onClick={() => void segmenting.toggleCamera()}
        >
          Camera
        </button>
      </div>
      <Samples
        onImage={(image, name) => void segmenting.openImage(image, name)}
        onFailure={(reason) => segmenting.fail(reason)}
      />
    </div>
  );
}
