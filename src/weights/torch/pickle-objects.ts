/** What reading a pickle ends in when it cannot go on; it names the place. */
export type Fail = (detail: string, advice?: string) => Error;

/** A function or class that a pickle may call. It runs none of the file's code: what it does is written here. */
export class PickleFunction {
  readonly call: (args: readonly unknown[], fail: Fail) => unknown;

  constructor(call: (args: readonly unknown[], fail: Fail) => unknown) {
    this.call = call;
  }
}

/**
 * A function or class that is not known: options, paths, dates, numbers of NumPy beside the weights, or whatever else a
 * checkpoint holds. It is never looked up, let alone run. What its call would give is an UnknownObject.
 */
export class UnknownFunction extends PickleFunction {
  /** `module.name` in Python. */
  readonly name: string;

  constructor(name: string) {
    super(() => new UnknownObject(name));
    this.name = name;
  }
}

/** In place of an object of an unknown class. Items that the pickle puts into it are kept, as in a dictionary. */
export class UnknownObject extends Map<unknown, unknown> {
  /** `module.name` of its class, or of the function that would have made it. */
  readonly of: string;

  constructor(of: string) {
    super();
    this.of = of;
  }
}
