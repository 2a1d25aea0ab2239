import type { Io } from './io.ts';

/** Work shorter than this shows no bar. */
const PATIENCE_MS = 500;
const INTERVAL_MS = 100;
const BAR_CHARACTERS = 24;

/** A bar on standard error, where that is a terminal and the work is long. */
export class Progress {
  readonly #io: Io;
  readonly #label: string;
  readonly #on: boolean;
  #next: number;
  #shown = false;

  constructor(io: Io, label: string, options: { readonly quiet?: boolean } = {}) {
    this.#io = io;
    this.#label = label;
    this.#on = io.stderr.isTTY === true && options.quiet !== true;
    this.#next = io.now() + PATIENCE_MS;
  }

  /** Shows how far the work is, if it is time: a share from 0 to 1 where that is known. */
  update(share: number | undefined, note = ''): void {
    if (!this.#on) return;
    const now = this.#io.now();
    if (now < this.#next) return;
    this.#next = now + INTERVAL_MS;
    this.#shown = true;
    this.#io.stderr.write(`\r${this.#label} ${share === undefined ? '' : `${bar(share)} `}${note}\u001b[K`);
  }

  /** Wipes the bar away. */
  end(): void {
    if (this.#shown) this.#io.stderr.write('\r\u001b[K');
    this.#shown = false;
  }
}

function bar(share: number): string {
  const clamped = Math.min(1, Math.max(0, share));
  const full = Math.round(clamped * BAR_CHARACTERS);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_CHARACTERS - full)}] ${Math.floor(clamped * 100)} %`;
}
