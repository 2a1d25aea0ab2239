import { copyBytes } from '../../bytes/copy-bytes.ts';
import { MsgpackDecoder } from '../../bytes/msgpack-decoder.ts';
import { decodeUtf8 } from '../../bytes/utf8.ts';
import type { ValueDecoder } from './value-codec.ts';

/** Values that are MessagePack: see {@link MsgpackDecoder}. */
export class MsgpackValueDecoder implements ValueDecoder<unknown> {
  readonly name: string = 'msgpack';
  readonly isBinary: boolean = false;
  readonly #decoder: MsgpackDecoder = new MsgpackDecoder();

  decode(bytes: Uint8Array, start: number, end: number): unknown {
    return this.#decoder.decode(bytes, start, end);
  }
}

/** Values that are bytes. */
export class BinaryDecoder implements ValueDecoder<Uint8Array> {
  readonly name: string = 'binary';
  readonly isBinary: boolean = true;

  decode(bytes: Uint8Array, start: number, end: number): Uint8Array {
    return copyBytes(bytes, start, end);
  }
}

/** Values that are text. */
export class Utf8Decoder implements ValueDecoder<string> {
  readonly name: string = 'utf8';
  readonly isBinary: boolean = false;

  decode(bytes: Uint8Array, start: number, end: number): string {
    return decodeUtf8(bytes, start, end);
  }
}

/** Values that are JSON. */
export class JsonDecoder implements ValueDecoder<unknown> {
  readonly name: string = 'json';
  readonly isBinary: boolean = false;

  decode(bytes: Uint8Array, start: number, end: number): unknown {
    return JSON.parse(decodeUtf8(bytes, start, end));
  }
}
