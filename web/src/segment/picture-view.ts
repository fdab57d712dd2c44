import { type LabelImage, vocPalette } from '../../../src/library/web/index.ts';
import { byId } from '../by-id.ts';
import type { Picture } from './picture.ts';

/** Where the pointer, or the point that the arrow keys move, is: in the image's own pixels. */
export type PointListener = (point: { x: number; y: number } | undefined) => void;

/** Red, green, blue and alpha of each class as canvases have them in memory: one number a pixel. */
const paint = new Uint32Array(new Uint8Array(vocPalette().flatMap((color) => [...color, 255])).buffer);

/** The image with the canvas of its classes over it, and a point that shows the class of one pixel. */
export class PictureView {
  private readonly frame = byId('picture');
  private readonly image = byId('image', HTMLCanvasElement);
  private readonly overlay = byId('overlay', HTMLCanvasElement);
  private readonly cursor = byId('cursor');
  private point: { x: number; y: number } | undefined;

  constructor(private readonly onPoint: PointListener) {
    this.frame.tabIndex = 0;
    this.frame.addEventListener('pointermove', (event) => this.follow(event));
    this.frame.addEventListener('pointerdown', (event) => this.follow(event));
    this.frame.addEventListener('pointerleave', () => this.moveTo(undefined));
    this.frame.addEventListener('keydown', (event) => this.step(event));
    this.frame.addEventListener('blur', () => this.moveTo(undefined));
  }

  /** Shows an image; its classes are not known yet. */
  showImage({ shown, width, height }: Picture): void {
    byId('empty').hidden = true;
    this.frame.hidden = false;
    this.frame.classList.add('busy');
    this.frame.style.setProperty('--ratio', String(width / height));
    this.drawImage(shown);
    if (this.overlay.width !== width) this.overlay.width = width;
    if (this.overlay.height !== height) this.overlay.height = height;
  }

  /** Shows an image together with its classes, so that a moving picture never flickers. */
  showFrame(picture: Picture, classes: LabelImage, hidden: ReadonlySet<number>): void {
    this.showImage(picture);
    this.drawClasses(classes, hidden);
  }

  drawClasses({ width, height, data }: LabelImage, hidden: ReadonlySet<number>): void {
    const colors = paint.map((color, label) => (hidden.has(label) ? 0 : color));
    const pixels = new Uint32Array(width * height);
    for (let i = 0; i < pixels.length; i++) pixels[i] = colors[data[i]!]!;
    const painted = new ImageData(new Uint8ClampedArray(pixels.buffer), width, height);
    this.overlay.getContext('2d')!.putImageData(painted, 0, 0);
    this.frame.classList.remove('busy');
  }

  setOpacity(opacity: number): void {
    this.frame.style.setProperty('--opacity', String(opacity));
  }

  private drawImage(shown: ImageBitmap): void {
    if (this.image.width !== shown.width) this.image.width = shown.width;
    if (this.image.height !== shown.height) this.image.height = shown.height;
    const context = this.image.getContext('2d')!;
    context.clearRect(0, 0, shown.width, shown.height);
    context.drawImage(shown, 0, 0);
  }

  private follow(event: PointerEvent): void {
    const box = this.overlay.getBoundingClientRect();
    this.moveTo({
      x: Math.floor(((event.clientX - box.left) / box.width) * this.overlay.width),
      y: Math.floor(((event.clientY - box.top) / box.height) * this.overlay.height),
    });
    this.cursor.hidden = true; // the pointer shows the point
  }

  private step(event: KeyboardEvent): void {
    const directions: Record<string, [number, number]> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    const direction = directions[event.key];
    if (!direction) return;
    event.preventDefault();
    const { width, height } = this.overlay;
    const length = Math.max(1, Math.round(Math.max(width, height) / (event.shiftKey ? 12 : 100)));
    const from = this.point ?? { x: Math.floor(width / 2), y: Math.floor(height / 2) };
    const moved = this.point ? direction : [0, 0]; // the first key shows where the point is
    this.moveTo({ x: from.x + moved[0]! * length, y: from.y + moved[1]! * length });
    this.cursor.hidden = false;
  }

  private moveTo(point: { x: number; y: number } | undefined): void {
    const { width, height } = this.overlay;
    const inside = (value: number, size: number) => Math.min(size - 1, Math.max(0, value));
    this.point = point && { x: inside(point.x, width), y: inside(point.y, height) };
    this.cursor.hidden = true;
    if (this.point) {
      this.cursor.style.left = `${((this.point.x + 0.5) / width) * 100}%`;
      this.cursor.style.top = `${((this.point.y + 0.5) / height) * 100}%`;
    }
    this.onPoint(this.point);
  }
}
