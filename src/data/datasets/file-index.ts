import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { inputError } from '../../base/errors.ts';
import { causeOf } from '../../base/files.ts';

/** What the decoder of images knows, in lower case. */
export const imageExtensions = ['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.gif', '.avif', '.bmp'];
/** What masks may be, in lower case. */
export const maskExtensions = ['.png', '.tif', '.tiff', '.bmp', '.webp', '.gif', '.jpg', '.jpeg'];

/** What people and tools put behind the name of an image for its mask, and behind that of the image itself. */
const maskSuffix =
  /(?:[-_. ](?:masks?|labels?|gts?|ground_?truth|seg|segmentation|annotations?|labelids|l)|\.(?:jpe?g|png|webp|tiff?|gif|avif|bmp))$/i;
const imageSuffix = /[-_. ](?:image|img|rgb|sat|leftimg8bit)$/i;

/**
 * The files of a folder and the folders below it, by id: the path below the folder, without the extension, `/` between,
 * in Unicode's form NFC (macOS writes names as NFD). What systems leave behind is not seen: names that begin with a dot
 * (`._a.jpg`, `.ipynb_checkpoints`), `__MACOSX`, and files of other kinds, such as Thumbs.db.
 */
export class FileIndex {
  readonly folder: string;
  readonly #byId: ReadonlyMap<string, readonly string[]>;
  #byBareId: Map<string, string[]> | undefined;
  #byBaseName: Map<string, string[]> | undefined;

  private constructor(folder: string, byId: ReadonlyMap<string, readonly string[]>) {
    this.folder = folder;
    this.#byId = byId;
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
    for (const file of await filesBelow(folder, what)) {
      const extension = path.extname(file);
      if (!extensions.includes(extension.toLowerCase())) continue;
      const id = file.slice(0, file.length - extension.length).normalize('NFC');
      byId.set(id, [...(byId.get(id) ?? []), file]);
    }
    const isPreferred = (file: string) => extensions.indexOf(path.extname(file).toLowerCase()) < preferred;
    for (const [id, files] of byId) {
      const first = files.filter(isPreferred);
      if (first.length > 0) byId.set(id, first);
    }
    return new FileIndex(folder, byId);
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

  /** As filesOf, for a mask: where none has the image's own name, those with a suffix, as in `x_mask.png` of `x.jpg`. */
  masksOf(id: string): readonly string[] {
    const own = this.filesOf(id);
    if (own.length > 0) return own;
    if (!this.#byBareId) {
      this.#byBareId = new Map();
      for (const [masked, files] of this.#byId) {
        const bare = masked.replace(maskSuffix, '');
        if (bare !== masked) this.#byBareId.set(bare, [...(this.#byBareId.get(bare) ?? []), ...files]);
      }
    }
    const bareId = id.replace(imageSuffix, '');
    const found = this.#byBareId.get(id) ?? [];
    if (found.length > 0 || bareId === id) return found;
    const bare = this.filesOf(bareId);
    return bare.length > 0 ? bare : (this.#byBareId.get(bareId) ?? []);
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
      const extension = path.posix.extname(name);
      const bare = name.slice(0, name.length - extension.length);
      if (extensions.includes(extension.toLowerCase()) && this.#byId.has(bare)) return bare;
    }
    return parts.length === 1 ? this.#onlyBelow(parts[0]!, extensions) : undefined;
  }

  #onlyBelow(name: string, extensions: readonly string[]): string | undefined {
    if (!this.#byBaseName) {
      this.#byBaseName = new Map();
      for (const id of this.#byId.keys()) {
        const base = path.posix.basename(id);
        this.#byBaseName.set(base, [...(this.#byBaseName.get(base) ?? []), id]);
      }
    }
    const extension = path.posix.extname(name);
    const bare = name.slice(0, name.length - extension.length);
    const isFile = extensions.includes(extension.toLowerCase());
    const found = this.#byBaseName.get(name) ?? (isFile ? this.#byBaseName.get(bare) : undefined) ?? [];
    return found.length === 1 ? found[0] : undefined;
  }
}

/** The name of a mask, or its id, as that of its image would be: `x` of `x_mask.png`. */
export function bareMaskName(name: string): string {
  const extension = path.posix.extname(name);
  const isMask = maskExtensions.includes(extension.toLowerCase());
  return (isMask ? name.slice(0, -extension.length) : name).replace(maskSuffix, '');
}

/** Paths below a folder, `/` between, without what systems leave behind. */
async function filesBelow(folder: string, what: string, below = ''): Promise<string[]> {
  const entries = await readdir(path.join(folder, below), { withFileTypes: true }).catch((thrown) => {
    throw inputError(
      `cannot read the ${what} folder ${path.join(folder, below)}: ${causeOf(thrown)}`,
      thrown,
    );
  });
  const files: string[] = [];
  for (const entry of entries) {
    if (isLeftBehind(entry.name)) continue;
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (await isDirectory(folder, name, entry)) files.push(...(await filesBelow(folder, what, name)));
    else files.push(name);
  }
  return files;
}

/** Whether a name is that of a file or folder that no user has made. */
export function isLeftBehind(name: string): boolean {
  return name.startsWith('.') || name === '__MACOSX';
}

async function isDirectory(folder: string, name: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  // A link to nothing is a file that cannot be read, which is said when it is.
  return stat(path.join(folder, name)).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
