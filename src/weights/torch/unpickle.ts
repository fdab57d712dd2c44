import type { ByteReader } from './byte-reader.ts';
import { type Fail, PickleFunction, UnknownObject } from './pickle-objects.ts';

/** What a pickle may refer to outside itself. */
export interface PickleContext {
  /** The meaning of a global: an UnknownFunction where it has none here. */
  findGlobal(module: string, name: string): unknown;
  /** The object that a persistent id stands for. */
  findPersistent(id: unknown, fail: Fail): unknown;
  /** Takes the attributes that an object of ours would have in Python. */
  setAttributes(object: Map<unknown, unknown>, attributes: Map<unknown, unknown>): void;
}

/** Pickles of weights have a few dozen instructions for each tensor. A million empty dictionaries take 200 MB. */
const stepLimit = 1_000_000;
const byteLimit = 2 ** 26;
/** The bytes of an integer: more than any number of elements needs. */
const integerLimit = 255;

/** Begins the values that the next closing instruction takes. */
const mark = Symbol('mark');

/**
 * The object that a pickle describes (Python's pickletools.py, protocols 2 to 5). Dictionaries become Maps, lists and
 * tuples arrays, integers numbers or, beyond 2^53, bigints. The objects may be cyclic. No code is run: what has no meaning
 * here becomes an UnknownObject. Nothing recurses, and memory is bounded by limits on bytes and instructions.
 * @param reader is left behind the pickle.
 * @throws FcnError naming the file and the offset.
 */
export function unpickle(reader: ByteReader, context: PickleContext): unknown {
  const start = reader.position;
  const stack: unknown[] = [];
  const memo = new Map<number, unknown>();
  let instruction = start;
  let steps = 0;

  const fail: Fail = (detail, advice) => reader.error(detail, advice, instruction);
  const pop = (): unknown => {
    if (stack.length === 0 || stack.at(-1) === mark) throw fail('got too few values on the stack');
    return stack.pop();
  };
  const top = (): unknown => {
    if (stack.length === 0 || stack.at(-1) === mark) throw fail('got too few values on the stack');
    return stack.at(-1);
  };
  const popToMark = (): unknown[] => {
    const index = stack.lastIndexOf(mark);
    if (index < 0) throw fail('got no mark on the stack');
    const values = stack.splice(index);
    values.shift();
    return values;
  };
  const popSeveral = (count: number): unknown[] => Array.from({ length: count }, pop).reverse();
  const extend = (values: readonly unknown[]) => {
    const list = top();
    if (list instanceof UnknownObject) return;
    if (!Array.isArray(list)) throw fail('got values to append to something that is not a list');
    for (const value of values) list.push(value);
  };
  const add = (values: readonly unknown[]) => {
    const set = top();
    if (set instanceof UnknownObject) return;
    if (!(set instanceof Set)) throw fail('got values to add to something that is not a set');
    for (const value of values) set.add(value);
  };
  const assign = (pairs: readonly unknown[]) => {
    const dictionary = top();
    if (!(dictionary instanceof Map)) throw fail('got values to put into something that is not a dictionary');
    if (pairs.length % 2 !== 0) throw fail('got a key without a value');
    for (let i = 0; i < pairs.length; i += 2) dictionary.set(pairs[i], pairs[i + 1]);
  };
  const dictionaryOf = (pairs: readonly unknown[]) => {
    stack.push(new Map());
    assign(pairs);
  };
  const length64 = () => Number(reader.bytes(8).readBigUInt64LE());
  const text = (length: number, encoding: 'utf8' | 'latin1' = 'utf8') =>
    reader.bytes(length).toString(encoding);
  const copy = (length: number) => Uint8Array.from(reader.bytes(length));
  const integer = (length: number) => {
    if (length > integerLimit) throw fail(`got an integer of ${length} bytes`);
    const hex = Buffer.from(reader.bytes(length)).reverse().toString('hex');
    const value = BigInt.asIntN(8 * length, BigInt(`0x0${hex}`));
    return isSafe(value) ? Number(value) : value;
  };
  const remember = (index: number) => memo.set(index, top());
  const recall = (index: number) => {
    if (!memo.has(index)) throw fail(`got no value number ${index}`);
    stack.push(memo.get(index));
  };
  const pushGlobal = (module: unknown, name: unknown) => {
    if (typeof module !== 'string' || typeof name !== 'string') throw fail('got a global without a name');
    stack.push(context.findGlobal(module, name));
  };
  const call = () => {
    const [callee, args] = popSeveral(2);
    if (callee instanceof UnknownObject) return void stack.push(new UnknownObject(callee.of));
    if (!(callee instanceof PickleFunction)) throw fail('got a call of something that is not a function');
    if (!Array.isArray(args)) throw fail('got a call without arguments');
    // A list may be an argument over and over: what it takes to go through it counts each time.
    for (const argument of args) if (Array.isArray(argument)) steps += argument.length;
    stack.push(callee.call(args, fail));
  };

  const instructions: Record<number, () => void> = {
    [code('\x80')]: () => {
      const protocol = reader.byte();
      if (protocol > 5) throw fail(`got protocol ${protocol}, expected at most 5`);
    },
    [code('\x95')]: () => void reader.bytes(8), // frames are a hint for buffering
    [code('(')]: () => stack.push(mark),
    [code('0')]: () => void (stack.at(-1) === mark ? stack.pop() : pop()),
    [code('1')]: () => void popToMark(),
    [code('2')]: () => stack.push(top()),

    [code('N')]: () => stack.push(null),
    [code('\x88')]: () => stack.push(true),
    [code('\x89')]: () => stack.push(false),
    [code('J')]: () => stack.push(reader.bytes(4).readInt32LE()),
    [code('K')]: () => stack.push(reader.byte()),
    [code('M')]: () => stack.push(reader.bytes(2).readUInt16LE()),
    [code('\x8a')]: () => stack.push(integer(reader.byte())),
    [code('\x8b')]: () => stack.push(integer(reader.bytes(4).readUInt32LE())),
    [code('G')]: () => stack.push(reader.bytes(8).readDoubleBE()),

    [code('U')]: () => stack.push(text(reader.byte(), 'latin1')),
    [code('T')]: () => stack.push(text(reader.bytes(4).readUInt32LE(), 'latin1')),
    [code('\x8c')]: () => stack.push(text(reader.byte())),
    [code('X')]: () => stack.push(text(reader.bytes(4).readUInt32LE())),
    [code('\x8d')]: () => stack.push(text(length64())),
    [code('C')]: () => stack.push(copy(reader.byte())),
    [code('B')]: () => stack.push(copy(reader.bytes(4).readUInt32LE())),
    [code('\x8e')]: () => stack.push(copy(length64())),
    [code('\x96')]: () => stack.push(copy(length64())),

    [code(')')]: () => stack.push([]),
    [code('t')]: () => stack.push(popToMark()),
    [code('\x85')]: () => stack.push(popSeveral(1)),
    [code('\x86')]: () => stack.push(popSeveral(2)),
    [code('\x87')]: () => stack.push(popSeveral(3)),
    [code(']')]: () => stack.push([]),
    [code('l')]: () => stack.push(popToMark()),
    [code('a')]: () => extend(popSeveral(1)),
    [code('e')]: () => extend(popToMark()),
    [code('}')]: () => stack.push(new Map()),
    [code('d')]: () => dictionaryOf(popToMark()),
    [code('s')]: () => assign(popSeveral(2)),
    [code('u')]: () => assign(popToMark()),
    [code('\x8f')]: () => stack.push(new Set()),
    [code('\x90')]: () => add(popToMark()),
    [code('\x91')]: () => stack.push(new Set(popToMark())),

    [code('q')]: () => remember(reader.byte()),
    [code('r')]: () => remember(reader.bytes(4).readUInt32LE()),
    [code('\x94')]: () => remember(memo.size),
    [code('h')]: () => recall(reader.byte()),
    [code('j')]: () => recall(reader.bytes(4).readUInt32LE()),

    [code('c')]: () => pushGlobal(reader.line(), reader.line()),
    [code('\x93')]: () => pushGlobal(...(popSeveral(2) as [unknown, unknown])),
    [code('R')]: call,
    [code('\x81')]: call,
    [code('\x92')]: () => {
      pop(); // arguments by name
      call();
    },
    [code('b')]: () => {
      const attributes = pop();
      const object = top();
      if (object instanceof Map && attributes instanceof Map) context.setAttributes(object, attributes);
    },
    [code('Q')]: () => stack.push(context.findPersistent(pop(), fail)),
  };

  while (steps++ < stepLimit && reader.position - start < byteLimit) {
    instruction = reader.position;
    const opcode = reader.byte();
    if (opcode === code('.')) return pop();
    const execute = instructions[opcode];
    if (!execute)
      throw fail(`got pickle instruction 0x${opcode.toString(16).padStart(2, '0')}, which is not known`);
    execute();
  }
  throw fail(`got a pickle of more than ${stepLimit} instructions or ${byteLimit} bytes`);
}

function code(character: string): number {
  return character.charCodeAt(0);
}

function isSafe(value: bigint): boolean {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
}
