import { CanonicalJson } from '../canonical-json.ts';
import { checkExact } from '../lossless.ts';
import { TextScratch } from '../text-scratch.ts';
import { JSON_RULES } from './json-value.ts';
import { JsonDecoder } from './plain-decoders.ts';
import type { ValueCodec } from './value-codec.ts';

/**
 * Values as JSON text in UTF-8, without a BOM and without white space.
 *
 * Keeps exactly: null, booleans, finite numbers but −0, any text, arrays and plain objects, also with a key
 * `__proto__`. {@link checkExact} refuses everything that JSON would change. {@link CanonicalJson} is written
 * unchanged.
 */
export class JsonCodec extends JsonDecoder implements ValueCodec<unknown> {
  readonly #scratch: TextScratch = new TextScratch();

  encode(value: unknown): Uint8Array {
    if (value instanceof CanonicalJson) return this.#scratch.encode(value.text)!;
    checkExact(value, JSON_RULES);
    // `encode` always succeeds: JSON.stringify escapes unpaired surrogates.
    return this.#scratch.encode(JSON.stringify(value))!;
  }
}
