export interface Checksum {
  readonly algorithm: 'sha256' | 'sha1';
  /** Lower case. */
  readonly hex: string;
}

/** A file as someone publishes it. */
export interface PublishedFile {
  /** Name it is stored under. */
  readonly name: string;
  readonly url: string;
  /** Absent where nobody has published one. */
  readonly checksum?: Checksum;
  /** Exact size in bytes, where known. */
  readonly bytes?: number;
}

export const sha1 = (hex: string): Checksum => ({ algorithm: 'sha1', hex });
export const sha256 = (hex: string): Checksum => ({ algorithm: 'sha256', hex });
