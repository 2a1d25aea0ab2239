import { decodeUtf8 } from '../bytes/utf8.ts';
import { findInvalidUtf8 } from './invalid-utf8.ts';
import { concatenate } from './line-blocks.ts';

/** A chunk's text, or the index in `bytes` of the byte that is not UTF-8. */
export interface Utf8Chunk {
  readonly text: string | undefined;
  readonly bytes: Uint8Array;
  readonly broken: number;
}

/** Decodes chunks of bytes that may end within a character. */
export class Utf8Chunks {
  #rest: Uint8Array = new Uint8Array(0);

  /** Returns the text of the characters that end in this chunk. */
  read(chunk: Uint8Array): Utf8Chunk {
    const rest = this.#rest;
    const bytes = rest.length === 0 ? chunk : concatenate([rest, chunk], rest.length + chunk.length);
    const end = endOfCharacters(bytes);
    this.#rest = bytes.subarray(end);
    try {
      return { text: decodeUtf8(bytes, 0, end), bytes, broken: -1 };
    } catch {
      return { text: undefined, bytes, broken: findInvalidUtf8(bytes, 0, end) };
    }
  }

  /** Bytes of an incomplete character. */
  get pending(): Uint8Array {
    return this.#rest;
  }
}

/** Where the last character that may be complete ends. */
function endOfCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) break;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return back < length ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}
