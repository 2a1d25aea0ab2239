import type { RangeScan } from '../read/range-scan.ts';
import type { MergeInput } from '../write/merge-queue.ts';

/** The entries of a scan, one at a time, for a merge. */
export abstract class ScanInput implements MergeInput {
  readonly #scan: RangeScan;
  #at = 0;
  #count = 0;

  constructor(scan: RangeScan) {
    this.#scan = scan;
  }

  get bytes(): Uint8Array {
    return this.#scan.bytes;
  }

  get keyStart(): number {
    return this.#scan.spans.keyStarts[this.#at];
  }

  get keyEnd(): number {
    return this.#scan.spans.keyEnds[this.#at];
  }

  get valueEnd(): number {
    return this.#scan.spans.valueEnds[this.#at];
  }

  next(): boolean | Promise<boolean> {
    if (++this.#at < this.#count) return true;
    const next = this.#scan.next();
    return typeof next === 'boolean' ? this.#enter(next) : next.then((more) => this.#enter(more));
  }

  abstract compareKey(other: this): number;

  /** Forgets what was read ahead. */
  close(): void {
    this.#scan.close();
  }

  #enter(more: boolean): boolean {
    this.#at = 0;
    this.#count = more ? this.#scan.spans.count : 0;
    return more;
  }
}
