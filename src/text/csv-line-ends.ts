import { type Flushable, flushable, type Many, many, none } from 'stream-chain/core';
import type { CsvRowOptions } from './csv-rows.ts';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** A carriage return ends rows if no newline does within this many bytes after it. */
const PROBED_BYTES = 1 << 16;

/**
 * Creates a stage of a stream-chain pipeline for chunks of CSV whose rows may end in CR alone, as old programs
 * for the Mac write them. It stands before `lineBlocks`. Each input needs its own.
 *
 * Whether they do is decided once: by a carriage return outside quotes that no newline outside quotes precedes
 * or follows within 64 KiB. Then each such carriage return becomes a newline, in copies of the chunks. All
 * other inputs are passed on unchanged; at most 64 KiB and two chunks are held back.
 */
export function csvLineEnds(
  options: Pick<CsvRowOptions, 'quote'> = {},
): Flushable<Uint8Array, Uint8Array | Many<Uint8Array> | typeof none> {
  const ends = new LineEnds(options);
  const joined = (chunks: readonly Uint8Array[]): Uint8Array | Many<Uint8Array> | typeof none => {
    if (chunks.length === 0) return none;
    return chunks.length === 1 ? chunks[0] : many([...chunks]);
  };
  return flushable(
    (chunk) => joined(ends.push(chunk)),
    () => joined(ends.finish()),
  );
}

/** Replaces the carriage returns that end rows, if they do. */
export class LineEnds {
  readonly #quoteByte: number;
  #decided: 'unchanged' | 'replaced' | undefined;
  /** The chunks from that with the first carriage return on, until it is decided what it is. */
  #held: Uint8Array[] = [];
  /** Bytes since that carriage return; −1 before it. */
  #since = -1;
  /** Whether the next chunk begins within quotes. */
  #inside = false;
  /** The same for the first chunk that is held, or the next one to be replaced. */
  #insideHeld = false;
  /** Whether the last chunk ended in a carriage return, which is passed on with the next one. */
  #returning = false;

  constructor({ quote = '"' }: Pick<CsvRowOptions, 'quote'>) {
    this.#quoteByte = quote === null ? -1 : quote.charCodeAt(0);
  }

  /** Returns the chunks to pass on. */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    if (this.#decided === 'unchanged' || chunk.length === 0) return [chunk];
    if (this.#decided === 'replaced') return [this.#replace(chunk)];
    if (this.#held.length === 0) this.#insideHeld = this.#inside;
    this.#decide(chunk);
    if (this.#held.length === 0 && this.#since < 0) return [chunk];
    this.#held.push(chunk);
    return this.#decided === undefined ? [] : this.#release();
  }

  /** Returns what is left to pass on. */
  finish(): readonly Uint8Array[] {
    this.#decided ??= 'replaced';
    const chunks = this.#release();
    return this.#returning ? [...chunks, Uint8Array.of(NEWLINE)] : chunks;
  }

  #decide(chunk: Uint8Array): void {
    for (const byte of chunk) {
      if (byte === this.#quoteByte) this.#inside = !this.#inside;
      else if (!this.#inside && byte === NEWLINE) this.#decided = 'unchanged';
      if (this.#since >= 0) this.#since++;
      else if (!this.#inside && byte === CARRIAGE_RETURN) this.#since = 0;
      if (this.#since > PROBED_BYTES) this.#decided ??= 'replaced';
      if (this.#decided !== undefined) return;
    }
  }

  #release(): readonly Uint8Array[] {
    const chunks =
      this.#decided === 'replaced' ? this.#held.map((chunk) => this.#replace(chunk)) : this.#held;
    this.#held = [];
    return chunks;
  }

  #replace(chunk: Uint8Array): Uint8Array {
    const before = this.#returning ? [chunk[0] === NEWLINE ? CARRIAGE_RETURN : NEWLINE] : [];
    this.#returning = false;
    const bytes = new Uint8Array(before.length + chunk.length);
    bytes.set(before);
    let at = before.length;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i];
      if (byte === this.#quoteByte) this.#insideHeld = !this.#insideHeld;
      const bare = byte === CARRIAGE_RETURN && !this.#insideHeld && chunk[i + 1] !== NEWLINE;
      if (bare && i + 1 === chunk.length) this.#returning = true;
      else bytes[at++] = bare ? NEWLINE : byte;
    }
    return bytes.subarray(0, at);
  }
}
