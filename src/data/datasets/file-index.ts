import path from 'node:path';
import { counted } from '../../base/counted.ts';
import { filesBelow } from '../../base/files-below.ts';

/** What the decoder of images knows, in lower case. */
export const imageExtensions = [
  ...['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.gif', '.avif', '.bmp'],
  ...['.jfif', '.jpe'], // as some browsers call a JPEG
];
/** What masks may be, in lower case. */
export const maskExtensions = ['.png', '.tif', '.tiff', '.bmp', '.webp', '.gif', '.jpg', '.jpeg'];

/** What people and tools put behind the name of an image for its mask, and behind that of the image itself; or in front of it. */
const maskSuffix =
  /(?:[-_. ](?:masks?|labels?|gts?|ground_?truth|seg|segmentation|annotations?|labelids|l)|\.(?:jpe?g|png|webp|tiff?|gif|avif|bmp|jfif|jpe))$/i;
const imageSuffix = /[-_. ](?:image|img|rgb|sat|leftimg8bit)$/i;
const maskPrefix =
  /(?<=^|\/)(?:masks?|labels?|gts?|ground_?truth|seg|segmentation|annotations?)(?:[-_. ]+|(?=\d))(?=[^/]+$)/i;
const imagePrefix = /(?<=^|\/)(?:images?|img|photos?|rgb|sat)(?:[-_. ]+|(?=\d))(?=[^/]+$)/i;

/**
 * The files of a folder and the folders below it, by id: the path below the folder, without the extension, `/` between,
 * in Unicode's form NFC (macOS writes names as NFD). What systems leave behind is not seen: names that begin with a dot
 * (`._a.jpg`, `.ipynb_checkpoints`), `__MACOSX`, and files of other kinds, such as Thumbs.db.
 */
export class FileIndex {
  readonly folder: string;
  /** Files of kinds that would have to be saved as another: `2 .heic files, which cannot be read; save them as JPEG or PNG`. */
  readonly unreadable: string;
  readonly #byId: ReadonlyMap<string, readonly string[]>;
  #byBareId: Map<string, string[]> | undefined;
  #byCore: Map<string, string[]> | undefined;
  #idsByName: Map<string, string[]> | undefined;
  #idsByLowerCase: Map<string, string[]> | undefined;

  private constructor(folder: string, byId: ReadonlyMap<string, readonly string[]>, unreadable = '') {
    this.folder = folder;
    this.#byId = byId;
    this.unreadable = unreadable;
  }

  /**
   * @param extensions in lower case
   * @param preferred of files of one id, those with one of the first so many extensions count alone
   * @throws FcnError when the folder cannot be read
   */
  static async read(
    folder: string,
    extensions: readonly string[],
    what: string,
    preferred = 0,
  ): Promise<FileIndex> {
    const byId = new Map<string, string[]>();
    const files = filesBelow(folder, `${what} folder`, isLeftBehind);
    for (const file of files) {
      const extension = path.extname(file);
      if (!extensions.includes(extension.toLowerCase())) continue;
      const id = file.slice(0, file.length - extension.length).normalize('NFC');
      byId.set(id, [...(byId.get(id) ?? []), file]);
    }
    const isPreferred = (file: string) => extensions.indexOf(path.extname(file).toLowerCase()) < preferred;
    for (const [id, own] of byId) {
      const first = own.filter(isPreferred);
      if (first.length > 0) byId.set(id, first);
    }
    return new FileIndex(folder, byId, unreadableIn(files));
  }

  /**
   * Images and their masks that lie in one folder: `x.jpg` beside `x_mask.png`, or where none has a suffix, beside `x.png`.
   * @throws FcnError when the folder cannot be read
   */
  static async readBoth(folder: string, what: string): Promise<{ images: FileIndex; masks: FileIndex }> {
    const all = await FileIndex.read(folder, imageExtensions, what);
    const isMask = (id: string) => maskSuffix.test(id) && all.has(id.replace(maskSuffix, ''));
    const hasSuffixes = all.ids.some(isMask);
    const isPng = (file: string) => path.extname(file).toLowerCase() === '.png';
    const part = (isIn: (id: string, file: string, count: number) => boolean) => {
      const files = all.ids.map(
        (id) => [id, all.filesOf(id).filter((file, _, { length }) => isIn(id, file, length))] as const,
      );
      return new FileIndex(folder, new Map(files.filter(([, own]) => own.length > 0)));
    };
    return hasSuffixes
      ? { images: part((id) => !isMask(id)), masks: part(isMask) }
      : {
          images: part((_, file, count) => count < 2 || !isPng(file)),
          masks: part((_, file, count) => count > 1 && isPng(file)),
        };
  }

  /** All ids, sorted. */
  get ids(): string[] {
    return [...this.#byId.keys()].sort();
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** The paths below the folder that have an id; more than one when it is not clear. */
  filesOf(id: string): readonly string[] {
    return this.#byId.get(id) ?? [];
  }

  /**
   * As filesOf, for a mask: where none has the image's own name, those with a suffix, as in `x_mask.png` of `x.jpg`; else those
   * whose names differ in more: `mask_7.png` of `image_7.jpg`, `IMG_7.PNG` of `img_7.jpg`.
   */
  masksOf(id: string): readonly string[] {
    this.#byBareId ??= this.#grouped((masked) => masked.replace(maskSuffix, ''));
    this.#byCore ??= this.#grouped((masked) =>
      masked.replace(maskSuffix, '').replace(maskPrefix, '').toLowerCase(),
    );
    const bareId = id.replace(imageSuffix, '');
    const core = bareId.replace(imagePrefix, '').toLowerCase();
    const found = [
      this.filesOf(id),
      this.#byBareId.get(id),
      this.filesOf(bareId),
      this.#byBareId.get(bareId),
      this.#byCore.get(id.toLowerCase()),
      this.#byCore.get(core),
    ];
    return found.find((files) => files !== undefined && files.length > 0) ?? [];
  }

  /**
   * The id that a list means by a text: an id, or a file name or path, with or without the folders above, with any of the
   * extensions. A name without folders also stands for the only file of that name in a folder below.
   */
  idOf(text: string, extensions: readonly string[]): string | undefined {
    const parts = text.split('/').filter((part) => part !== '' && part !== '.');
    for (let first = 0; first < parts.length; first++) {
      const name = parts.slice(first).join('/');
      if (this.#byId.has(name)) return name;
      const bare = withoutExtension(name, extensions);
      if (this.#byId.has(bare)) return bare;
    }
    const below = parts.length === 1 ? this.#onlyBelow(parts[0]!, extensions) : undefined;
    return below ?? this.#inOtherCase(parts, extensions);
  }

  #onlyBelow(name: string, extensions: readonly string[]): string | undefined {
    this.#idsByName ??= this.#idsBy((id) => path.posix.basename(id));
    const found = this.#idsByName.get(name) ?? this.#idsByName.get(withoutExtension(name, extensions)) ?? [];
    return found.length === 1 ? found[0] : undefined;
  }

  /** As lists from systems have it that do not tell letter case. */
  #inOtherCase(parts: readonly string[], extensions: readonly string[]): string | undefined {
    this.#idsByLowerCase ??= this.#idsBy((id) => id.toLowerCase());
    for (let first = 0; first < parts.length; first++) {
      const name = parts.slice(first).join('/').toLowerCase();
      const found =
        this.#idsByLowerCase.get(name) ?? this.#idsByLowerCase.get(withoutExtension(name, extensions));
      if (found?.length === 1) return found[0];
    }
    return undefined;
  }

  #idsBy(key: (id: string) => string): Map<string, string[]> {
    const ids = new Map<string, string[]>();
    for (const id of this.#byId.keys()) ids.set(key(id), [...(ids.get(key(id)) ?? []), id]);
    return ids;
  }

  /** Files by what is left of their ids. */
  #grouped(key: (id: string) => string): Map<string, string[]> {
    const files = new Map<string, string[]>();
    for (const [id, own] of this.#byId) files.set(key(id), [...(files.get(key(id)) ?? []), ...own]);
    return files;
  }
}

/** Images and arrays that people take for images, in lower case. */
const otherKinds = [
  '.heic',
  '.heif',
  '.jp2',
  '.jxl',
  '.psd',
  '.dng',
  '.cr2',
  '.nef',
  '.arw',
  '.svg',
  '.npy',
  '.mat',
];

function unreadableIn(files: readonly string[]): string {
  const kinds = files
    .map((file) => path.extname(file).toLowerCase())
    .filter((kind) => otherKinds.includes(kind));
  const [first] = kinds;
  if (first === undefined) return '';
  const count = kinds.filter((kind) => kind === first).length;
  return `${counted(count, `${first} file`)}, which cannot be read; save them as JPEG or PNG`;
}

function withoutExtension(name: string, extensions: readonly string[]): string {
  const extension = path.posix.extname(name);
  return extensions.includes(extension.toLowerCase()) ? name.slice(0, name.length - extension.length) : name;
}

/** The name of a mask, or its id, as that of its image would be: `x` of `x_mask.png`. */
export function bareMaskName(name: string): string {
  const extension = path.posix.extname(name);
  const isMask = maskExtensions.includes(extension.toLowerCase());
  return (isMask ? name.slice(0, -extension.length) : name).replace(maskSuffix, '');
}

/** Whether a name is that of a file or folder that no user has made. */
export function isLeftBehind(name: string): boolean {
  return name.startsWith('.') || name === '__MACOSX';
}
