import type { Progress as LibraryProgress } from '../../node/index.ts';
import { formatBytes, formatCount, formatDuration, formatNumber } from '../words/quantity.ts';
import type { Io } from './io.ts';

/** Work shorter than this shows no bar. */
const DELAY_MS = 500;
const INTERVAL_MS = 100;
const BAR_CHARACTERS = 24;

/** How progress is shown. */
export interface ProgressOptions {
  readonly quiet?: boolean;
  /** The noun for what is counted, singular and plural. Default: entry, entries. */
  readonly counted?: readonly [string, string];
}

/** A progress bar on standard error, for long work on a terminal: share, entries, rate and remaining time. */
export class Progress {
  readonly #io: Io;
  readonly #on: boolean;
  readonly #counted: readonly [string, string];
  #label: string;
  #detail: string | undefined;
  #began: number;
  #next: number;
  #shown = false;

  constructor(io: Io, label: string, options: ProgressOptions = {}) {
    this.#io = io;
    this.#label = label;
    this.#counted = options.counted ?? ['entry', 'entries'];
    // A terminal that can't go back to the beginning of a line would fill with half lines.
    this.#on = io.stderr.isTTY === true && options.quiet !== true && io.env.TERM !== 'dumb';
    this.#began = io.now();
    this.#next = this.#began + DELAY_MS;
  }

  /** Starts another part of the work, with a share, rate and remaining time of its own; `detail` stands before these. */
  phase(label: string, detail?: string): void {
    this.#detail = detail;
    if (label === this.#label) return;
    this.#label = label;
    if (this.#on) this.#began = this.#io.now();
  }

  /** Shows the progress, at most every 100 ms. `share` is between 0 and 1, or undefined if it is not known. */
  update(share: number | undefined, entries?: number): void {
    this.#show(share, entries, false);
  }

  #show(share: number | undefined, done: number | undefined, isBytes: boolean): void {
    if (!this.#on) return;
    const now = this.#io.now();
    if (now < this.#next) return;
    this.#next = now + INTERVAL_MS;
    this.#shown = true;
    const elapsed = now - this.#began;
    const parts = this.#detail === undefined ? [] : [this.#detail];
    if (done !== undefined) parts.push(isBytes ? formatBytes(done) : formatCount(done, ...this.#counted));
    if (done !== undefined && done > 0 && elapsed > 0) {
      const rate = Math.round((done * 1000) / elapsed);
      parts.push(`${isBytes ? formatBytes(rate) : formatNumber(rate)}/s`);
    }
    if (share !== undefined && share > 0 && share < 1) {
      parts.push(`${formatDuration((elapsed * (1 - share)) / share)} left`);
    }
    const { columns = 0 } = this.#io.stderr;
    // A line as wide as the terminal would wrap, and the next one would not replace it.
    const width = columns > 0 ? columns - 1 : Number.POSITIVE_INFINITY;
    const line = lineOf(this.#label, share === undefined ? '' : `${bar(share)} `, parts);
    const short = lineOf(this.#label, '', share === undefined ? parts : [percentOf(share), ...parts]);
    this.#io.stderr.write(`\r${line.length <= width ? line : short.slice(0, width)}\u001b[K`);
  }

  /** Shows what a call of the library reports to `onProgress`. */
  report({ unit, done, total }: LibraryProgress): void {
    this.#show(total === 0 ? undefined : done / total, done, unit === 'bytes');
  }

  /** Removes the bar. */
  end(): void {
    if (this.#shown) this.#io.stderr.write('\r\u001b[K');
    this.#shown = false;
  }
}

function lineOf(label: string, shown: string, parts: readonly string[]): string {
  return `${label} ${shown}${parts.join(', ')}`;
}

function bar(share: number): string {
  const full = Math.round(clamped(share) * BAR_CHARACTERS);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_CHARACTERS - full)}] ${percentOf(share)}`;
}

function percentOf(share: number): string {
  return `${Math.floor(clamped(share) * 100)} %`;
}

function clamped(share: number): number {
  return Math.min(1, Math.max(0, share));
}
