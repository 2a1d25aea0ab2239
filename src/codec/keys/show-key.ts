import { showKey, toHex } from '../../bytes/hex.ts';
import { quoteVisibly } from '../../bytes/quote-visibly.ts';
import type { KeyCodec } from './key-codec.ts';

const MAX_CHARACTERS = 64;

/** Encodings whose keys are one word. */
const BARE: readonly string[] = ['bigint', 'uuid'];

/**
 * Returns an encoded key for messages, as the caller knows it: text in quotes, numbers and UUIDs bare, tuples as arrays,
 * bytes as hex; at most 64 characters. The bytes are
 * shown without a codec, for bytes that it can't decode, and for objects of a user-defined one.
 */
export function showDecodedKey(bytes: Uint8Array, codec: KeyCodec<unknown> | undefined): string {
  if (codec === undefined) return showKey(bytes);
  let key: unknown;
  try {
    key = codec.decode(bytes, 0, bytes.length);
  } catch {
    // A user-defined codec may throw anything.
    return showKey(bytes);
  }
  const text = BARE.includes(codec.name) ? String(key) : (shown(key) ?? showKey(bytes));
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
}

function shown(key: unknown): string | undefined {
  if (typeof key === 'string') return quoteVisibly(key);
  if (typeof key === 'bigint') return `${key}n`;
  if (key instanceof Uint8Array) return `0x${toHex(key.subarray(0, MAX_CHARACTERS))}`;
  if (key instanceof Date) return key.toISOString();
  if (Array.isArray(key)) return `[${key.map(shown).join(',')}]`;
  if (typeof key === 'object' && key !== null) return undefined;
  return Object.is(key, -0) ? '-0' : String(key);
}
