import { gzipSync } from 'node:zlib';

/** An entry of a tar file, said in the words of the format: whatever one wants, also what no tool writes. */
export interface TarEntry {
  readonly name: string;
  readonly data?: Buffer | string;
  /** '0' file, '1' hard link, '2' symbolic link, '3' and '4' devices, '5' folder, '6' pipe, 'x' PAX, 'L' GNU long name. */
  readonly type?: string;
  readonly link?: string;
  /** What the header claims, where that is not the truth. Beyond 8 GB in base 256. */
  readonly claimedSize?: number;
  readonly mode?: number;
}

/** A tar file (POSIX.1-1988, "ustar"), byte by byte and by no library. */
export function tarOf(...entries: TarEntry[]): Buffer {
  return Buffer.concat([...entries.map(entryBytes), Buffer.alloc(1024)]);
}

export function tarGzOf(...entries: TarEntry[]): Buffer {
  return gzipSync(tarOf(...entries));
}

/** A PAX record: `LENGTH KEY=VALUE\n`, the length counting itself. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (`${length}${rest}`.length !== length) length++;
  return `${length}${rest}`;
}

function entryBytes({ name, data = '', type = '0', link = '', claimedSize, mode = 0o644 }: TarEntry): Buffer {
  const content = Buffer.from(data);
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.write(`${mode.toString(8).padStart(7, '0')}\0`, 100);
  header.write('0001750\0', 108);
  header.write('0001750\0', 116);
  writeSize(header, claimedSize ?? content.length);
  header.write('14000000000\0', 136);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(link, 157, 100);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

function writeSize(header: Buffer, size: number): void {
  if (size >= 0 && size < 8 ** 11) return void header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header[124] = size < 0 ? 0xff : 0x80;
  header.fill(size < 0 ? 0xff : 0, 125, 128);
  header.writeBigInt64BE(BigInt(size), 128);
}
