import { crc32 } from '../../base/crc32.ts';
import { writeFileAtomic } from '../../base/files.ts';
import { bytesOf, type Tensor } from '../../base/tensor.ts';
import { pickleStateDict } from './pickle-state-dict.ts';
import { directory, localHeader, type ZipRecord } from './zip-records.ts';

/**
 * Writes a state dict that `torch.load` reads (the zip format of PyTorch 1.6 and later), atomically and from the
 * tensors' own memory: they must not change before the promise settles.
 * @param config our configuration as JSON, of which PyTorch takes no notice
 * @throws FcnError (exit code 1) when the disk is full or the folder cannot be written.
 */
export async function writeTorch(
  file: string,
  tensors: Iterable<readonly [string, Tensor<'float32'>]>,
  config?: string,
): Promise<void> {
  const entries = [...tensors];
  await writeFileAtomic(
    file,
    zipParts([
      ['archive/data.pkl', pickleStateDict(entries, config)],
      ['archive/byteorder', Buffer.from('little')],
      ...entries.map(([, tensor], index) => [`archive/data/${index}`, bytesOf(tensor.data)] as const),
      ['archive/version', Buffer.from('3\n')],
    ]),
  );
}

function* zipParts(contents: readonly (readonly [string, Uint8Array])[]): Generator<Uint8Array> {
  const records: ZipRecord[] = [];
  let position = 0;
  for (const [name, content] of contents) {
    const record = { name, bytes: content.length, crc: crc32(content), position };
    const header = localHeader(record);
    yield header;
    yield content;
    records.push(record);
    position += header.length + content.length;
  }
  yield directory(records, position);
}
