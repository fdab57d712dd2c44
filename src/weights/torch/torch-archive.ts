import { quote } from '../quote.ts';
import { ByteReader } from './byte-reader.ts';
import type { InputFile } from './input-file.ts';
import { TorchGlobals } from './torch-globals.ts';
import { unpickle } from './unpickle.ts';
import { type Extent, ZipDirectory } from './zip-directory.ts';

/** What `torch.save` was given, with its tensors as views, and where their storages lie in the file. */
export interface TorchArchive {
  readonly root: unknown;
  /** The attributes of a dictionary or an unknown object in it. */
  attributesOf(object: object): Map<unknown, unknown> | undefined;
  /** The bytes of a storage that `root` names. */
  locate(key: string): Extent;
  /** Compares the checksums of what has been located, where the file has some. @throws FcnError when one is another. */
  check(): Promise<void>;
  readonly bigEndian: boolean;
}

/** PyTorch's MAGIC_NUMBER, a pickle at the start of the files before 1.6 (torch/serialization.py). */
const magicNumber = 0x1950a86a20f9469cfc6cn;
const legacyVersion = 1001;

/** Opens a file of `torch.save`. @throws FcnError naming the offset when it is none that we read. */
export function openTorchArchive(file: InputFile): TorchArchive {
  const start = file.readNow(0, Math.min(file.size, 512));
  if (start.toString('latin1', 0, 2) === 'PK') return openZip(file);
  if (start[0] === 0x80) return openLegacy(file);
  if (start.toString('latin1', 257, 262) === 'ustar') {
    throw file.error(
      257,
      'got the tar format of the first PyTorch releases',
      'load and save it with PyTorch 1.x',
    );
  }
  throw file.error(0, `got ${start.length === 0 ? 'an empty file' : 'neither a zip file nor a pickle'}`);
}

/** Since PyTorch 1.6: NAME/data.pkl, and each storage in NAME/data/KEY; where it was packed again, without NAME or deeper. */
function openZip(file: InputFile): TorchArchive {
  const directory = new ZipDirectory(file);
  const { names } = directory;
  const pickles = names.filter((name) => /(^|\/)data\.pkl$/.test(name));
  const inside = names.find((name) => /\.(pth|pt|ckpt|bin|safetensors|caffemodel|tflite)$/i.test(name));
  if (pickles.length === 0 && inside !== undefined) {
    throw file.error(0, `got a zip archive with ${quote(inside)}`, 'unpack it, and name the file in it');
  }
  if (pickles.length !== 1)
    throw file.error(0, `got a zip file with ${pickles.length} data.pkl, expected one`);
  const folder = pickles[0]!.slice(0, -'data.pkl'.length);
  if (names.includes(`${folder}constants.pkl`)) {
    throw file.error(0, 'got a TorchScript program', 'save the state_dict() of the model, with torch.save');
  }
  const { position, bytes } = directory.locate(pickles[0]!);
  const globals = new TorchGlobals();
  const root = unpickle(new ByteReader(file, position, position + bytes), globals);
  return {
    root,
    attributesOf: (object) => globals.attributes.get(object),
    locate: (key) => directory.locate(`${folder}data/${key}`),
    check: () => directory.checkLocated(),
    bigEndian: names.includes(`${folder}byteorder`) && isBig(file, directory.locate(`${folder}byteorder`)),
  };
}

function isBig(file: InputFile, { position, bytes }: Extent): boolean {
  const order = file.readNow(position, Math.min(bytes, 6)).toString('latin1');
  if (order !== 'little' && order !== 'big')
    throw file.error(position, 'got a byte order other than little and big');
  return order === 'big';
}

/** Before PyTorch 1.6: pickles of magic number, version, system, object and storage keys, then each storage's length and bytes. */
function openLegacy(file: InputFile): TorchArchive {
  const reader = new ByteReader(file, 0, file.size);
  const globals = new TorchGlobals();
  if (unpickle(reader, globals) !== magicNumber) {
    throw file.error(
      0,
      'got a pickle that does not start like those of torch.save',
      "it was written by Python's pickle itself, or is damaged: load it in Python, and save the tensors by torch.save",
    );
  }
  const version = unpickle(reader, globals);
  if (version !== legacyVersion)
    throw reader.error(`got another version than ${legacyVersion} of the format`);
  unpickle(reader, globals); // the system that wrote it; storages are little-endian on all
  const root = unpickle(reader, globals);
  const keys = unpickle(reader, globals);
  if (!Array.isArray(keys)) throw reader.error('got no list of storages');

  const extents = new Map<string, Extent>();
  let position = reader.position;
  for (const key of keys) {
    const storage = globals.storages.get(key);
    if (!storage || extents.has(key))
      throw reader.error('got a list of storages with one that no tensor uses, or with one twice');
    const length = Number(file.readNow(position, 8).readBigUInt64LE());
    if (length !== storage.length) {
      throw file.error(position, `got a storage of ${length} elements, expected ${storage.length}`);
    }
    const bytes = length * storage.type.bytes;
    if (position + 8 + bytes > file.size) throw file.endsBefore(position + 8, bytes);
    extents.set(key, { position: position + 8, bytes });
    position += 8 + bytes;
  }
  const end = position;
  return {
    root,
    attributesOf: (object) => globals.attributes.get(object),
    locate(key) {
      const extent = extents.get(key);
      if (!extent) throw file.error(end, 'got no bytes for a storage that a tensor uses');
      return extent;
    },
    check: async () => undefined, // the format has none
    bigEndian: false,
  };
}
