import { appendFileSync, closeSync, existsSync, fsyncSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { diskFailure, writeFileAtomic } from '../base/files.ts';
import { checkLocks } from '../base/locks/held-locks.ts';
import { lookAt } from '../base/look.ts';

export type Row = readonly (string | number)[];

/** A CSV file of a run folder that grows by rows, each of which begins with its iteration. */
export class CsvLog {
  readonly file: string;
  readonly #columns: readonly string[];

  constructor(file: string, columns: readonly string[]) {
    this.file = file;
    this.#columns = columns;
  }

  /** Begins the file anew, with those rows of an earlier one whose iterations are to be kept. */
  async start(keeps: (iteration: number) => boolean): Promise<void> {
    const kept = (await this.rows()).filter(([iteration]) => keeps(Number(iteration)));
    await writeFileAtomic(this.file, [csvLine(this.#columns), ...kept.map(csvLine)]);
  }

  /** @throws FcnError (exit code 1) when the disk is full, or another process has taken the run over. */
  append(row: Row): void {
    checkLocks();
    try {
      appendFileSync(this.file, csvLine(row));
    } catch (thrown) {
      throw diskFailure(`cannot write ${this.file}`, thrown);
    }
  }

  /** Waits until every row is on the disk. @throws as `append`. */
  flush(): void {
    try {
      const descriptor = openSync(this.file, 'r+');
      fsyncSync(descriptor);
      closeSync(descriptor);
    } catch (thrown) {
      throw diskFailure(`cannot write ${this.file}`, thrown);
    }
  }

  /** Whether the file is ours and has rows. */
  async hasRows(): Promise<boolean> {
    const isOurs = (await this.#content())?.startsWith(csvLine(this.#columns));
    return isOurs === true && (await this.rows()).length > 0;
  }

  /** Whether the file has nothing in it that could be lost: no rows, and nothing that is not ours. */
  async holdsNothing(): Promise<boolean> {
    return ['', csvLine(this.#columns)].includes((await this.#content()) ?? '?');
  }

  /** Undefined where there is no file. */
  async #content(): Promise<string | undefined> {
    return lookAt(this.file)?.isFile() ? readFile(this.file, 'utf8') : undefined;
  }

  /** The complete rows of the file, without the header. A last line that a crash cut off is no row. */
  async rows(): Promise<string[][]> {
    if (!existsSync(this.file)) return [];
    const lines = (await readFile(this.file, 'utf8')).split('\n').slice(1, -1);
    return lines.map(parseCsvLine).filter((cells) => cells.length === this.#columns.length);
  }
}

export function csvLine(cells: Row): string {
  const quoted = cells.map((cell) => {
    const text = String(cell);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${quoted.join(',')}\n`;
}

function parseCsvLine(line: string): string[] {
  const cells = line.match(/("([^"]|"")*"|[^,]*)(,|$)/g) ?? [];
  return cells
    .slice(0, line.endsWith(',') ? cells.length : -1)
    .map((cell) => cell.replace(/,$/, ''))
    .map((cell) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell));
}
