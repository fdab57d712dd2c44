/** Seconds between two lines where standard error is no terminal. */
const plainInterval = 10;
/** Seconds between two updates of the live line: figures that change faster cannot be read. */
const liveInterval = 0.25;

/** Characters of the bar: it takes the room that the figures leave. */
const maxBar = 20;
const minBar = 5;

/** What is counted for the rate, where it is not what the progress counts: `{ unit: 'images', each: 20 }`. */
export interface RateUnit {
  readonly unit: string;
  readonly each: number;
}

/**
 * Progress on standard error: one live line with a bar, rate and time left on a terminal, now and then a plain line
 * otherwise. Results go to standard output and are not its business.
 */
export class Progress {
  readonly #what: string;
  readonly #unit: string;
  readonly #total: number;
  readonly #rate: RateUnit;
  readonly #live = process.stderr.isTTY && process.env.TERM !== 'dumb';
  readonly #started = performance.now();
  readonly #startedAt: number;
  #done: number;
  #shown = 0;

  /**
   * @param total infinite when it is unknown
   * @param unit of what is counted, in the plural: `images`
   */
  constructor(
    what: string,
    total: number,
    unit: string,
    alreadyDone = 0,
    rate: RateUnit = { unit, each: 1 },
  ) {
    this.#what = what;
    this.#total = total;
    this.#unit = unit;
    this.#rate = rate;
    this.#startedAt = alreadyDone;
    this.#done = alreadyDone;
  }

  /** @param detail of the last that was done; stands before rate and time left */
  update(done: number, detail = ''): void {
    this.#done = done;
    if (done < this.#total && !this.#isTime()) return;
    const perSecond = (1000 * (done - this.#startedAt)) / (performance.now() - this.#started);
    const ends = Number.isFinite(this.#total);
    const left = perSecond > 0 && ends ? duration((this.#total - done) / perSecond) : '?';
    const rate = `${rounded(this.#rate.each * perSecond)} ${this.#rate.unit}/s`;
    this.#show(`${detail && `${detail}, `}${rate}, ${left} left`);
  }

  /** Something else that is done meanwhile: `validating 3/50`. */
  aside(detail: string): void {
    if (this.#isTime()) this.#show(detail);
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

  #isTime(): boolean {
    const interval = this.#live ? liveInterval : plainInterval;
    return performance.now() - this.#shown >= 1000 * interval;
  }

  #show(rest: string): void {
    this.#shown = performance.now();
    const total = Number.isFinite(this.#total) ? `/${this.#total}` : '';
    const line = `${this.#done}${total} ${this.#unit}, ${rest}`;
    if (!this.#live) process.stderr.write(`${this.#what}: ${line}\n`);
    else {
      // A line that wraps could not be written over.
      const room = (process.stderr.columns || 80) - 1;
      const barRoom = room - `${this.#what} [] ${line}`.length;
      const start = `${this.#what} ${barRoom < minBar ? '' : bar(this.#done / this.#total, Math.min(maxBar, barRoom))}`;
      process.stderr.write(`\r${`${start}${line}`.slice(0, room)}\x1b[K`);
    }
  }
}

/** To three digits, without an exponent. */
function rounded(rate: number): string {
  return rate >= 100 ? rate.toFixed(0) : rate.toPrecision(3);
}

function bar(fraction: number, width: number): string {
  const filled = Math.round(Math.min(1, fraction) * width);
  return `[${'#'.repeat(filled)}${'-'.repeat(width - filled)}] `;
}

/** Seconds in words: `45s`, `3m 20s`, `2h 5m`. */
export function duration(seconds: number): string {
  const s = Math.round(seconds);
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m ${s % 60}s`;
  return `${Math.floor(s / 3600)}h ${Math.floor((s % 3600) / 60)}m`;
}
