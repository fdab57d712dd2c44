import { isTalkative, say } from './say.ts';

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
    this.#show([detail, `${rounded(this.#rate.each * perSecond)} ${this.#rate.unit}/s`, `${left} left`]);
  }

  /** Something else that is done meanwhile: `validating 3/50`. */
  aside(detail: string): void {
    if (this.#isTime()) this.#show([detail]);
  }

  /** A line that stays, above the live one. */
  print(line: string): void {
    if (this.#live && isTalkative()) process.stderr.write(`\r\x1b[K${line}\n`);
    else say(line);
    this.#shown = this.#live ? 0 : this.#shown;
  }

  /** Clears the live line. */
  end(): void {
    if (this.#live && isTalkative()) process.stderr.write('\r\x1b[K');
  }

  #isTime(): boolean {
    const interval = this.#live ? liveInterval : plainInterval;
    return performance.now() - this.#shown >= 1000 * interval;
  }

  /** @param rest figures behind the count, the least important first */
  #show(rest: readonly string[]): void {
    this.#shown = performance.now();
    if (!isTalkative()) return;
    const total = Number.isFinite(this.#total) ? `/${this.#total}` : '';
    const count = `${this.#done}${total} ${this.#unit}`;
    const figures = rest.filter((figure) => figure !== '');
    if (!this.#live) {
      process.stderr.write(`${this.#what}: ${[count, ...figures].join(', ')}\n`);
      return;
    }
    const line = fitted(
      this.#what,
      this.#done / this.#total,
      [count, ...figures],
      process.stderr.columns || 80,
    );
    process.stderr.write(`\r${line}\x1b[K`);
  }
}

/**
 * What was done, a bar, the count and figures in one line of a terminal. Where there is not enough room, the bar goes first,
 * then figures from the left; a line that wraps could not be written over.
 */
export function fitted(
  what: string,
  fraction: number,
  [count, ...figures]: readonly string[],
  columns: number,
): string {
  const room = columns - 1;
  for (let first = 0; first <= figures.length; first++) {
    const line = [count, ...figures.slice(first)].join(', ');
    const barRoom = room - `${what} [] ${line}`.length;
    if (barRoom >= minBar) return `${what} ${bar(fraction, Math.min(maxBar, barRoom))}${line}`;
    if (`${what} ${line}`.length <= room) return `${what} ${line}`;
  }
  return `${what} ${count}`.slice(0, room);
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
