import { toHex } from '../../bytes/hex.ts';
import { decodeUtf8 } from '../../bytes/utf8.ts';
import { visibly } from './value-text.ts';

/** Text, and bytes that are no text, in the order in which they are printed. */
export type Pieces = (string | Uint8Array)[];

/** Key and value as they are printed: text as it is, on a terminal without control characters. */
export class RecordText {
  /** Text as it is printed. */
  readonly ofText: (text: string) => string;
  readonly #terminal: boolean;

  constructor(terminal: boolean) {
    this.#terminal = terminal;
    this.ofText = terminal ? visibly : (text) => text;
  }

  /** The text of bytes; where they are none, themselves, or hex for a terminal. */
  of(bytes: Uint8Array): string | Uint8Array {
    const text = textOf(bytes);
    if (text === undefined) return this.#terminal ? `0x${toHex(bytes)}` : bytes;
    return this.ofText(text);
  }

  /** A key between brackets and a space; `[null]` where there is none. */
  keyPrefix(key: Uint8Array | null): Pieces {
    return ['[', key === null ? 'null' : this.of(key), '] '];
  }
}

/** The text that bytes are; `undefined` if they are not UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decodeUtf8(bytes, 0, bytes.length);
  } catch {
    return undefined;
  }
}
