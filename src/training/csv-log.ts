import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { failure, inputError } from '../base/errors.ts';
import { diskFailure, readInput, writeFileAtomic } from '../base/files.ts';
import { checkLocks } from '../base/locks/held-locks.ts';
import { isMissing, lookAt } from '../base/look.ts';
import { csvLine, csvLines, parseCsvLine, type Row } from './csv.ts';
import { GrowingFile } from './growing-file.ts';

/** Columns that hold text; all others hold numbers. */
const textColumns = ['ids'];
const way = 'restore the file from a copy, or continue without the lost rows with fcn train --resume --force';

/** A CSV file of a run folder that grows by rows, each of which begins with its iteration. */
export class CsvLog {
  readonly file: string;
  readonly #columnsNow: () => readonly string[];
  /** While rows are added. */
  #growing: GrowingFile | undefined;

  /** @param columns a function of them where they depend on what else lies in the folder */
  constructor(file: string, columns: readonly string[] | (() => readonly string[])) {
    this.file = file;
    this.#columnsNow = typeof columns === 'function' ? columns : () => columns;
  }

  get columns(): readonly string[] {
    return this.#columnsNow();
  }

  /**
   * Begins the file anew, with those rows of an earlier one whose iterations are to be kept, to add others.
   * @param upTo see `rows`
   * @throws FcnError as `rows`
   */
  async start(keeps: (iteration: number) => boolean, upTo?: number): Promise<void> {
    const kept = (await this.rows(upTo)).filter(([iteration]) => keeps(Number(iteration)));
    await writeFileAtomic(this.file, [csvLine(this.columns), ...kept.map(csvLine)]);
    this.#reopen();
  }

  /** @throws FcnError (exit code 1) when the disk is full, or another process has taken the run over. */
  append(row: Row): void {
    checkLocks();
    try {
      if (this.#growing) this.#growing.append(csvLine(row));
      else appendFileSync(this.file, csvLine(row));
    } catch (thrown) {
      throw diskFailure(`cannot write ${this.file}`, thrown);
    }
  }

  /**
   * Looks whether the file is still what rows are added to, and brings it back where it was removed.
   * @returns whether it was
   * @throws FcnError where it was cut, or another file is in its place: what it held is then kept beside that
   */
  bringBack(): boolean {
    const state = this.#growing?.state ?? 'whole';
    if (state === 'whole') return false;
    if (state === 'cut') {
      throw failure(
        `${this.file}: got it shorter than before, expected nobody else to write to it during the run; ${way}`,
      );
    }
    const { content } = this.#growing!;
    if (state === 'removed') this.#write(this.file, content);
    else if (!readFileSync(this.file).equals(content)) {
      const kept = freeName(`${this.file}.kept`);
      this.#write(kept, content);
      throw failure(
        `${this.file}: got another file in its place during the run, expected it to stay as it is; move ${kept} ` +
          'there, which has the rows of the run, and continue with fcn train --resume',
      );
    }
    this.#reopen();
    return state === 'removed';
  }

  /** Waits until every row is on the disk. @throws as `append`. */
  flush(): void {
    try {
      this.#growing?.flush();
    } catch (thrown) {
      throw diskFailure(`cannot write ${this.file}`, thrown);
    }
  }

  /** To be called when no more rows are added. */
  close(): void {
    this.#growing?.close();
    this.#growing = undefined;
  }

  /** Whether the file is ours and has rows. */
  hasRows(): boolean {
    const header = csvLine(this.columns);
    const content = this.#content();
    return content?.startsWith(header) === true && content.includes('\n', header.length);
  }

  /** Whether the file has nothing in it that could be lost: no rows, and nothing that is not ours. */
  holdsNothing(): boolean {
    return ['', csvLine(this.columns)].includes(this.#content() ?? '?');
  }

  /** Undefined where there is no file. */
  #content(): string | undefined {
    return lookAt(this.file)?.isFile() ? readFileSync(this.file, 'utf8') : undefined;
  }

  /**
   * The complete rows of the file, without the header. A last line that a crash cut off is no row.
   * @param upTo iteration behind which rows do not matter, so that they may be damaged
   * @throws FcnError where the file is not ours, or damaged
   */
  async rows(upTo = Number.POSITIVE_INFINITY): Promise<string[][]> {
    const { rows, damage } = await this.#read();
    if (damage === undefined || Number(rows.at(-1)?.[0] ?? 0) >= upTo) return rows;
    throw inputError(`${this.file}: ${damage}; ${way}`);
  }

  /**
   * Sets a damaged file aside, and begins another with the rows of it that can be read.
   * @returns where it is now; undefined where there is none
   */
  async mend(): Promise<string | undefined> {
    const { rows } = await this.#read();
    const aside = isMissing(this.file) ? undefined : freeName(`${this.file}.damaged`);
    if (aside !== undefined) await rename(this.file, aside);
    await writeFileAtomic(this.file, [csvLine(this.columns), ...rows.map(csvLine)]);
    return aside;
  }

  /** The rows that can be read, each of a later iteration than the one before, and what is wrong, if anything is. */
  async #read(): Promise<{ rows: string[][]; damage: string | undefined }> {
    const text = isMissing(this.file) ? '' : (await readInput(this.file, 'log')).toString();
    const [header, ...lines] = csvLines(text);
    if (text === '') return { rows: [], damage: undefined };
    const { columns } = this;
    const expected = columns.join(',');
    if (header !== expected)
      return { rows: [], damage: `got the first line ${shown(header ?? text)}, expected ${expected}` };
    const rows: string[][] = [];
    let damage: string | undefined;
    for (const [number, line] of lines.entries()) {
      const cells = parseCsvLine(line);
      if (isRow(cells, columns, Number(rows.at(-1)?.[0] ?? -1))) rows.push(cells);
      else damage ??= `line ${number + 2} is ${shown(line)}, expected ${expected} of the next iteration`;
    }
    return { rows, damage };
  }

  #reopen(): void {
    this.close();
    this.#growing = new GrowingFile(this.file);
  }

  #write(file: string, content: Uint8Array): void {
    try {
      writeFileSync(file, content, { flag: 'wx' });
    } catch (thrown) {
      throw diskFailure(`cannot write ${file}`, thrown);
    }
  }
}

function shown(text: string): string {
  return `'${text.length > 60 ? `${text.slice(0, 60)}...` : text}'`;
}

/** The name, or the first of NAME-2, NAME-3, ... that nothing has. */
function freeName(name: string): string {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name}-${number}`;
    if (isMissing(candidate)) return candidate;
  }
}

function isRow(cells: readonly string[], columns: readonly string[], after: number): boolean {
  const isNumber = (cell: string) => cell.trim() !== '' && (cell === 'NaN' || !Number.isNaN(Number(cell)));
  return (
    cells.length === columns.length &&
    cells.every((cell, i) => textColumns.includes(columns[i]!) || isNumber(cell)) &&
    /^\d+$/.test(cells[0]!) &&
    Number(cells[0]) > after
  );
}
