import { toHex } from '../bytes/hex.ts';
import type { TemporalClasses } from '../codec/temporal.ts';
import { invalidArgument } from '../errors.ts';
import {
  firstAddress,
  formatIpAddress,
  mapToIpv6,
  parseIpAddress,
  parseIpInteger,
  parseIpNetwork,
} from './ip-address.ts';
import { bytesOfHex } from './json-text.ts';
import { cutKey, quoteKey } from './quote-key.ts';
import { parserOfText, type TextKeyEncoding, textOf } from './text-fields.ts';

/** How binary keys are written as text. */
export interface KeyFormat {
  /** @throws {RangeError} for text that is not such a key; the message is a clause. */
  parse(text: string): Uint8Array;
  /** @throws {RangeError} for bytes that such text cannot express; the message is a clause. */
  format(key: Uint8Array): string;
}

/**
 * Writes keys as hex digits, two a byte, in lower case. Reads either case, with or without `0x` in front.
 *
 * @example
 * ```ts
 * import { hexKeys } from 'cairnkv/text';
 *
 * console.log(hexKeys().parse('0x00ff')); // Uint8Array(2) [ 0, 255 ]
 * ```
 */
export function hexKeys(): KeyFormat {
  return {
    parse(text) {
      const bytes = bytesOfHex(text.startsWith('0x') ? text.slice(2) : text);
      if (bytes !== undefined) return bytes;
      throw new RangeError(`the key ${JSON.stringify(text)} is not hex: write two digits for each byte`);
    },
    format: toHex,
  };
}

/**
 * Writes keys as IP addresses. The bytes are in network order, so that the order of keys is the order of
 * addresses.
 *
 * Also reads networks (`1.0.0.0/24`), whose key is their first address, and decimal integers (`16777216`): of
 * 128 bits if keys have 16 bytes, else IPv4 below 2^32 and IPv6 from there on. They are written as addresses.
 * `floor` of an address then finds the entry of its network if networks do not overlap; whether the address is
 * within it, the value must say.
 *
 * All keys of a store have the same length, without which `floor` would be meaningless: the first address
 * decides whether they have 4 or 16 bytes, and IPv4 among IPv6 is mapped (`::ffff:a.b.c.d`). With `mapped`,
 * all have 16. Use one key format for all inputs of a store.
 *
 * @example
 * ```ts
 * import { ipKeys } from 'cairnkv/text';
 *
 * console.log(ipKeys().parse('8.8.4.4')); // Uint8Array(4) [ 8, 8, 4, 4 ]
 * console.log(ipKeys({ mapped: true }).parse('8.8.4.4').length); // 16
 * ```
 */
export function ipKeys({ mapped = false }: { readonly mapped?: boolean } = {}): KeyFormat {
  let length = mapped ? 16 : 0;
  return {
    parse(text) {
      const address = parseIpAddress(text) ?? networkKey(text) ?? integerKey(text, length);
      if (address === undefined) {
        throw new RangeError(`the key ${JSON.stringify(text)} is not an IP address, network or number`);
      }
      if (length === 0) length = address.length;
      if (length === 16) return mapToIpv6(address);
      if (address.length === 4) return address;
      throw new RangeError(
        `the key ${text} is an IPv6 address after IPv4 ones: write all as IPv6, with the key format ip6`,
      );
    },
    format(key) {
      const text = formatIpAddress(key);
      if (text !== undefined) return text;
      throw new RangeError(`the key 0x${toHex(key.subarray(0, 64))} is not an IP address`);
    },
  };
}

/** @throws {RangeError} for an address that is not the first of its network. */
function networkKey(text: string): Uint8Array | undefined {
  const network = parseIpNetwork(text);
  if (network === undefined) return undefined;
  const { address, prefix } = network;
  const first = firstAddress(network);
  if (address.every((byte, i) => byte === first[i])) return address;
  throw new RangeError(`the key ${text} has more bits than its network: ${formatIpAddress(first)}/${prefix}`);
}

/** @param length the bytes of all keys; 0 if the first one decides. */
function integerKey(text: string, length: number): Uint8Array | undefined {
  if (length === 16) return parseIpInteger(text, 16);
  return parseIpInteger(text, 4) ?? parseIpInteger(text, 16);
}

/** Creates a function that reads a key from text. The function throws an {@link Error} for invalid text. */
export function parserOfKeyText(
  encoding: TextKeyEncoding,
  format: KeyFormat | undefined,
  temporal: TemporalClasses | undefined,
): (text: string) => unknown {
  return format === undefined ? parserOfText(encoding, temporal) : (text) => format.parse(text);
}

/**
 * Creates a function that writes a key as text. The function throws `INVALID_ARGUMENT` for a key that the format cannot
 * express.
 */
export function textOfKey(
  encoding: TextKeyEncoding,
  format: KeyFormat | undefined,
): (key: unknown) => string {
  if (format === undefined) return textOf(encoding);
  return (key) => {
    try {
      return format.format(key as Uint8Array);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw invalidArgument('key', `${error.message}: choose another key format`, error);
    }
  };
}

/** How the keys of a format are encoded and written. */
interface KeyWriting {
  readonly keyEncoding: TextKeyEncoding;
  readonly keyFormat?: KeyFormat | undefined;
}

/** Returns a key for messages: text in quotes, bytes without a key format as hex, others as formats write them. */
export function showKey(key: unknown, { keyEncoding, keyFormat }: KeyWriting): string {
  if (key instanceof Uint8Array)
    return cutKey(keyFormat === undefined ? `0x${toHex(key)}` : keyFormat.format(key));
  if (keyEncoding === 'utf8') return quoteKey(key as string);
  return cutKey(textOfKey(keyEncoding, undefined)(key));
}

/** What else an entry can be written as whose key has the wrong bytes: a clause to append, or nothing. */
export function hexAdvice({ keyEncoding, keyFormat }: KeyWriting): string {
  return keyEncoding === 'binary' && keyFormat === undefined ? ', or write keys as hex' : '';
}
