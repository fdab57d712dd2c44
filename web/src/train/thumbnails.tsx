import type { Drawing } from './drawing.ts';
import type { DrawnClass } from './drawn-class.ts';
import { PictureCanvas } from './picture-canvas.tsx';

interface ThumbnailsProps {
  readonly drawings: readonly Drawing[];
  readonly classes: readonly DrawnClass[];
  readonly shown: number;
  onChoose(index: number): void;
}

/** A button for each image, with its picture. */
export function Thumbnails({ drawings, classes, shown, onChoose }: ThumbnailsProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset does not scroll its contents
    <div class="trainer-thumbnails" role="group" aria-label="Images">
      {drawings.map(({ key, id, image, label }, index) => (
        <button
          key={key}
          type="button"
          title={id}
          aria-label={`Image ${index + 1}, ${id}`}
          aria-pressed={index === shown}
          onClick={() => onChoose(index)}
        >
          <PictureCanvas image={image} classMap={label} classes={classes} opacity={60} />
        </button>
      ))}
    </div>
  );
}
