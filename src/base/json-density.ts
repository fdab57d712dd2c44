/** Bytes that V8 takes for what is in a JSON text while it parses it, besides the text (measured with lists and objects of each). */
const costs = { value: 30, list: 90, object: 90, negative: 16, newName: 300, furtherName: 200 };

/** Names in an object behind which each takes more: no tool writes so many. */
const manyNames = 1000;

/** What a text may take for each of its characters, and what any text may take besides. */
const most = { each: 10, always: 32e6 };

/**
 * Looks at a JSON text before it is parsed: lists of single digits, or objects of ever other names, take many times the memory
 * of their text. What tools write is far below: coordinates, runs and names are longer, and names are mostly the same.
 * @throws SyntaxError for a text that would take too much
 */
export function checkDensity(text: string): void {
  const limit = most.always + most.each * text.length;
  const names = new DifferentNames();
  /** Of the objects that are open, how many names each has so far. */
  const namesOfOpen: number[] = [];
  let bytes = 0;
  let string = { start: 0, end: 0 };
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case quote:
        string = { start: i + 1, end: endOfString(text, i + 1) };
        i = string.end;
        break;
      case comma:
        bytes += costs.value;
        break;
      case minus:
        bytes += costs.negative;
        break;
      case openBracket:
        bytes += costs.list;
        break;
      case openBrace:
        bytes += costs.object;
        namesOfOpen.push(0);
        break;
      case closeBrace:
        namesOfOpen.pop();
        break;
      case colon:
        if (names.isNew(text, string)) bytes += costs.newName;
        if (++namesOfOpen[namesOfOpen.length - 1]! > manyNames) bytes += costs.furtherName;
        break;
    }
    if (bytes > limit) {
      throw new SyntaxError('got little more than brackets, commas and names');
    }
  }
}

/** Where the quote at the end of a string is that begins at `start`, behind its first quote; the end of the text where it has none. */
export function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === backslash) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}

/** Counts names that were not there before, nearly: of a million, some share a place. */
class DifferentNames {
  readonly #places = new Uint8Array(2 ** 20);

  isNew(text: string, { start, end }: { start: number; end: number }): boolean {
    let hash = end - start;
    for (let i = Math.max(start, end - longestName); i < end; i++) {
      hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    }
    const place = (hash ^ (hash >>> 15)) & (this.#places.length - 1);
    const isNew = this.#places[place] === 0;
    this.#places[place] = 1;
    return isNew;
  }
}

/** Characters of a name that are looked at, its last ones. */
const longestName = 64;

const quote = 0x22;
const comma = 0x2c;
const minus = 0x2d;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
