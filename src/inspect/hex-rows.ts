const BYTES_PER_ROW = 8;
/** A field longer than this is cut. */
const MAX_FIELD_BYTES = 64;
const SHOWN_OF_LONG_FIELD = 48;

/**
 * The lines of a dump for one field: the offset and up to eight bytes on each, and on the first their
 * meaning.
 *
 * ```
 *   12  43 bf 22 51              checksum        5122bf43, right
 * ```
 */
export class HexRows {
  readonly #offsetWidth: number;
  readonly #prefix: string;

  /** `prefix` precedes offsets that do not count from the start of the file. */
  constructor(mostOffset: number, prefix = '') {
    this.#offsetWidth = Math.max(5, `${prefix}${mostOffset}`.length);
    this.#prefix = prefix;
  }

  *field(offset: number, bytes: Uint8Array, name: string, note: string): Generator<string, void> {
    const shown = bytes.length > MAX_FIELD_BYTES ? SHOWN_OF_LONG_FIELD : bytes.length;
    for (let at = 0; at < shown || at === 0; at += BYTES_PER_ROW) {
      const cells = hexCells(bytes.subarray(at, Math.min(at + BYTES_PER_ROW, shown)));
      const about = at === 0 ? `${name.padEnd(18)}  ${note}` : '';
      yield `${this.#offset(offset + at)}  ${cells.padEnd(BYTES_PER_ROW * 3 - 1)}  ${about}`.trimEnd();
    }
    if (shown < bytes.length) yield `${' '.repeat(this.#offsetWidth)}  … ${bytes.length - shown} more bytes`;
  }

  #offset(offset: number): string {
    return `${this.#prefix}${offset}`.padStart(this.#offsetWidth);
  }
}

function hexCells(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
