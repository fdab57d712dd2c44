import { zipOf } from './files.ts';

// Pickles put together by hand, after Python's pickletools.py. Functions without a note give the instructions that push
// a value.

/** A PyTorch file of a pickle and storage 0. */
export const zip = (pickle: Buffer | string, data: Uint8Array = Buffer.alloc(16)) =>
  zipOf({ 'x/data.pkl': latin1(pickle), 'x/data/0': data });

export const latin1 = (text: Buffer | string) =>
  typeof text === 'string' ? Buffer.from(text, 'latin1') : text;

export const int = (value: number) => {
  const bytes = Buffer.alloc(9);
  bytes.writeUInt8(8);
  bytes.writeBigInt64LE(BigInt(value), 1);
  return `\x8a${bytes.toString('latin1')}`;
};
export const text = (value: string) => `U${String.fromCharCode(value.length)}${value}`;
export const tuple = (...items: string[]) => `(${items.join('')}t`;
export const storage = (length: number, type = 'FloatStorage', key = '0') =>
  `${tuple(text('storage'), `ctorch\n${type}\n`, text(key), text('cpu'), int(length))}Q`;
export const tensor = (block: string, offset: number, shape: number[], strides: number[]) =>
  `ctorch._utils\n_rebuild_tensor\n${tuple(block, int(offset), tuple(...shape.map(int)), tuple(...strides.map(int)))}R`;
/** The pickle of {'a': VALUE}. */
export const dictionary = (value: string) => `\x80\x02}${text('a')}${value}s.`;
