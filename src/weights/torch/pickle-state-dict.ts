import type { Tensor } from '../../base/tensor.ts';
import { configKey } from '../config-metadata.ts';
import { rowMajorStrides } from './tensor-view.ts';

/**
 * The pickle (protocol 2) of an OrderedDict of contiguous float32 tensors, as torch.save writes it. The storage of
 * tensor number i has the key `i`. Only instructions that `torch.load(weights_only=True)` takes.
 * @param config our configuration, instead of which the word `fcn` can stand. It is kept where PyTorch keeps the versions of modules, in the attribute `_metadata`
 *   of the dictionary, for the module '', which is the whole; load_state_dict() passes over what it does not know there.
 */
export function pickleStateDict(
  tensors: readonly (readonly [string, Tensor<'float32'>])[],
  config?: string,
): Buffer {
  const entries = tensors.flatMap(([name, { shape, data }], index) => {
    const storage = tuple(
      text('storage'),
      global('torch', 'FloatStorage'),
      text(`${index}`),
      text('cpu'),
      integer(data.length),
    );
    return [
      text(name),
      call(
        global('torch._utils', '_rebuild_tensor_v2'),
        Buffer.concat([storage, op('Q')]),
        integer(0),
        tuple(...shape.map(integer)),
        tuple(...rowMajorStrides(shape).map(integer)),
        op('\x89'), // requires_grad
        call(orderedDict),
      ),
    ];
  });
  const mark = config === undefined ? writerMark : Buffer.concat([configMark, text(config)]);
  const whole = Buffer.concat([op('\x80\x02'), dictionary(call(orderedDict), ...entries)]);
  return Buffer.concat([whole, metadataOf(mark), op('b.')]);
}

/** By which a file of ours is known: what the attribute has for the whole. PyTorch expects a number under `version`. */
const configMark = Buffer.concat([text('version'), integer(1), text(configKey)]);
const writerMark = Buffer.concat([text('version'), integer(1), text('writer'), text('fcn')]);

/** Whether a pickle is one of these. */
export function isOurPickle(pickle: Buffer): boolean {
  return pickle.includes(configMark) || pickle.includes(writerMark);
}

/** The attributes of the dictionary. */
function metadataOf(mark: Buffer): Buffer {
  const whole = dictionary(op('}'), mark);
  return dictionary(op('}'), text('_metadata'), dictionary(call(orderedDict), text(''), whole));
}

/** @param entries key, value, key, value and so on */
function dictionary(empty: Buffer, ...entries: readonly Buffer[]): Buffer {
  return Buffer.concat([empty, op('('), ...entries, op('u')]);
}

const orderedDict = global('collections', 'OrderedDict');

function op(characters: string): Buffer {
  return Buffer.from(characters, 'latin1');
}

function global(module: string, name: string): Buffer {
  return op(`c${module}\n${name}\n`);
}

function call(callee: Buffer, ...args: readonly Buffer[]): Buffer {
  return Buffer.concat([callee, tuple(...args), op('R')]);
}

function tuple(...items: readonly Buffer[]): Buffer {
  return Buffer.concat([op('('), ...items, op('t')]);
}

function text(value: string): Buffer {
  const content = Buffer.from(value);
  const head = Buffer.from('X\0\0\0\0');
  head.writeUInt32LE(content.length, 1);
  return Buffer.concat([head, content]);
}

function integer(value: number): Buffer {
  const isShort = value < 2 ** 31;
  const bytes = Buffer.alloc(isShort ? 5 : 10);
  if (isShort) {
    bytes.write('J');
    bytes.writeInt32LE(value, 1);
  } else {
    bytes.write('\x8a\x08', 'latin1');
    bytes.writeBigInt64LE(BigInt(value), 2);
  }
  return bytes;
}
