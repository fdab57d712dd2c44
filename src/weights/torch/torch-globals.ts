import { quote } from '../quote.ts';
import { type Fail, PickleFunction, UnknownFunction, UnknownObject } from './pickle-objects.ts';
import { type ElementType, type Storage, TensorView } from './tensor-view.ts';
import type { PickleContext } from './unpickle.ts';

const storageTypes: Readonly<Record<string, ElementType>> = {
  FloatStorage: { bytes: 4, float: 'F32' },
  HalfStorage: { bytes: 2, float: 'F16' },
  BFloat16Storage: { bytes: 2, float: 'BF16' },
  DoubleStorage: { bytes: 8, float: 'F64' },
  LongStorage: { bytes: 8 },
  IntStorage: { bytes: 4 },
  ShortStorage: { bytes: 2 },
  CharStorage: { bytes: 1 },
  ByteStorage: { bytes: 1 },
  BoolStorage: { bytes: 1 },
  UntypedStorage: { bytes: 1 },
  QInt8Storage: { bytes: 1 },
  QUInt8Storage: { bytes: 1 },
  QInt32Storage: { bytes: 4 },
  QUInt4x2Storage: { bytes: 1 },
  QUInt2x4Storage: { bytes: 1 },
  ComplexFloatStorage: { bytes: 8 },
  ComplexDoubleStorage: { bytes: 16 },
};

/** More axes than any tensor has; the limit keeps products finite. */
const axisLimit = 64;

/** The globals with which PyTorch describes weights. All others are unknown, and never run. */
const globals: Readonly<Record<string, PickleFunction>> = {
  'collections.OrderedDict': new PickleFunction(orderedDict),
  'torch._utils._rebuild_tensor': new PickleFunction(rebuildTensor),
  'torch._utils._rebuild_tensor_v2': new PickleFunction(rebuildTensor),
  'torch._utils._rebuild_parameter': new PickleFunction(rebuildParameter),
  'torch._utils._rebuild_parameter_with_state': new PickleFunction(rebuildParameter),
  // A tensor of another class, or with attributes: (function, class, arguments, attributes).
  'torch._tensor._rebuild_from_type_v2': new PickleFunction(([make, , args], fail) =>
    make instanceof PickleFunction && Array.isArray(args) ? make.call(args, fail) : undefined,
  ),
  'torch.Size': new PickleFunction(([sizes]) => sizes),
};

/** What the pickles of one file may refer to; remembers the storages that they name. */
export class TorchGlobals implements PickleContext {
  /** The whole storages of the file, by key. */
  readonly storages = new Map<string, Storage>();
  /** The attributes of dictionaries and of unknown objects. */
  readonly attributes = new WeakMap<object, Map<unknown, unknown>>();

  findGlobal(module: string, name: string): unknown {
    const isStorage =
      ['torch', 'torch.cuda', 'torch.storage'].includes(module) && Object.hasOwn(storageTypes, name);
    if (isStorage) return storageTypes[name];
    const fullName = `${module}.${name}`;
    return Object.hasOwn(globals, fullName) ? globals[fullName] : new UnknownFunction(fullName);
  }

  setAttributes(object: Map<unknown, unknown>, attributes: Map<unknown, unknown>): void {
    this.attributes.set(object, attributes);
  }

  /** `('storage', type, key, location, number of elements)`, and before 1.6 a view `(key, offset, length)` or None. */
  findPersistent(id: unknown, fail: Fail): unknown {
    const [kind, type, key, , length, view] = Array.isArray(id) ? (id as unknown[]) : [];
    if (kind === 'module') return type; // a class with its source, by PyTorch before 1.6
    if (kind === 'storage' && type instanceof UnknownFunction) return new UnknownObject(type.name);
    if (kind !== 'storage' || !isElementType(type) || typeof key !== 'string' || !isCount(length)) {
      throw fail('got a persistent id that describes no storage');
    }
    const storage = { key, type, start: 0, length };
    const known = this.storages.get(key);
    if (known && (known.type !== type || known.length !== length)) {
      throw fail(`got storage ${quote(key)} in two ways, expected the same type and length`);
    }
    this.storages.set(key, storage);
    if (view === undefined || view === null) return storage;
    const [, start, viewLength] = Array.isArray(view) ? (view as unknown[]) : [];
    if (!isCount(start) || !isCount(viewLength) || start + viewLength > length) {
      throw fail(`got a view of storage ${quote(key)} that does not lie in its ${length} elements`);
    }
    return { ...storage, start, length: viewLength };
  }
}

function orderedDict([pairs = []]: readonly unknown[], fail: Fail): Map<unknown, unknown> {
  const isPair = (pair: unknown) => Array.isArray(pair) && pair.length === 2;
  if (!Array.isArray(pairs) || !pairs.every(isPair))
    throw fail('got an OrderedDict of things that are not pairs');
  return new Map(pairs as [unknown, unknown][]);
}

function rebuildTensor(
  [storage, offset, shape, strides, , , metadata]: readonly unknown[],
  fail: Fail,
): TensorView | UnknownObject {
  if (storage instanceof UnknownObject) return storage;
  if (!isStorage(storage)) throw fail('got a tensor without a storage');
  if (!isCount(offset) || !isCounts(shape) || !isCounts(strides) || shape.length !== strides.length) {
    throw fail('got a tensor whose offset, shape or strides are not whole numbers');
  }
  const isNegated = metadata instanceof Map && metadata.get('neg') === true;
  const elements = shape.reduce((product, size) => product * Math.max(1, size), 1);
  const tensor = new TensorView(storage, offset, [...shape], [...strides], isNegated);
  const end = offset + tensor.extent;
  if (elements > Number.MAX_SAFE_INTEGER || end > storage.length) {
    throw fail(
      `got a tensor [${shape.slice(0, 8).join(', ')}] that ends at element ${end} of storage ${quote(storage.key)}, ` +
        `expected at most ${storage.length}`,
    );
  }
  return tensor;
}

/** Of a quantized or sparse tensor, an unknown object. */
function rebuildParameter([data]: readonly unknown[]): unknown {
  return data;
}

function isElementType(value: unknown): value is ElementType {
  return Object.values(storageTypes).includes(value as ElementType);
}

function isStorage(value: unknown): value is Storage {
  return typeof value === 'object' && value !== null && 'type' in value && isElementType(value.type);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= axisLimit && value.every(isCount);
}
