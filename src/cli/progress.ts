/** Seconds between two lines where standard error is no terminal. */
const plainInterval = 10;
/** Seconds between two updates of the live line. */
const liveInterval = 0.1;

/**
 * Progress on standard error: one live line with a bar, rate and time left on a terminal, now and then a plain line
 * otherwise. Results go to standard output and are not its business.
 */
export class Progress {
  readonly #what: string;
  readonly #unit: string;
  readonly #total: number;
  readonly #live = process.stderr.isTTY;
  readonly #started = performance.now();
  #startedAt = 0;
  #shown = 0;

  /**
   * @param total infinite when it is unknown
   * @param unit of what is counted, in the plural: `images`
   */
  constructor(what: string, total: number, unit: string, alreadyDone = 0) {
    this.#what = what;
    this.#total = total;
    this.#unit = unit;
    this.#startedAt = alreadyDone;
  }

  update(done: number, detail = ''): void {
    const now = performance.now();
    const interval = this.#live ? liveInterval : plainInterval;
    if (done < this.#total && now - this.#shown < interval * 1000) return;
    this.#shown = now;
    const rate = (done - this.#startedAt) / ((now - this.#started) / 1000);
    const ends = Number.isFinite(this.#total);
    const left = rate > 0 && ends ? duration((this.#total - done) / rate) : '?';
    const counts = `${done}${ends ? `/${this.#total}` : ''} ${this.#unit}`;
    const rest = `${rate.toPrecision(3)} ${this.#unit}/s, ${left} left${detail && `, ${detail}`}`;
    if (!this.#live) process.stderr.write(`${this.#what}: ${counts}, ${rest}\n`);
    else process.stderr.write(`\r${this.#what} ${bar(done / this.#total)} ${counts}, ${rest}\x1b[K`);
  }

  /** A line that stays, above the live one. */
  print(line: string): void {
    process.stderr.write(this.#live ? `\r\x1b[K${line}\n` : `${line}\n`);
    this.#shown = this.#live ? 0 : this.#shown;
  }

  /** Clears the live line. */
  end(): void {
    if (this.#live) process.stderr.write('\r\x1b[K');
  }
}

function bar(fraction: number): string {
  const width = 20;
  const filled = Math.round(Math.min(1, fraction) * width);
  return `[${'#'.repeat(filled)}${'-'.repeat(width - filled)}]`;
}

/** Seconds in words: `45s`, `3m 20s`, `2h 5m`. */
export function duration(seconds: number): string {
  const s = Math.round(seconds);
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m ${s % 60}s`;
  return `${Math.floor(s / 3600)}h ${Math.floor((s % 3600) / 60)}m`;
}
