import { toHex } from '../bytes/hex.ts';
import { isBytesEncoding } from '../codec/encoding-names.ts';
import { type CairnError, invalidArgument } from '../errors.ts';
import type { StoreInfo } from '../store/manifest/describe-store.ts';
import { formatIpAddress, mapToIpv6, parseIpAddress, unmapIpv6 } from './ip-address.ts';
import {
  bytesOfHex,
  formatReadableJson,
  formatTaggedJson,
  jsonProblem,
  parseTaggedJson,
} from './json-text.ts';
import { KEY_WORDINGS, type KeyWording } from './key-wording.ts';
import { parseBigInt, parseNumber } from './number-text.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The key format that a store's metadata name for keys that are bytes; those of a custom codec are bytes here. */
export function storedFormat({
  keyEncoding,
  metadata,
}: Pick<StoreInfo, 'keyEncoding' | 'metadata'>): KeyWording | undefined {
  if (!isBytesEncoding(keyEncoding) || !Object.hasOwn(metadata, 'keyFormat')) return undefined;
  return KEY_WORDINGS.find((name) => name === metadata.keyFormat);
}

/** Keys of one store as text, and back. */
export class KeyText {
  readonly #encoding: string;
  readonly #format: KeyWording;
  /** The length of the store's first key in bytes: addresses have one length. */
  readonly #keyBytes: number | undefined;

  constructor(
    info: Pick<StoreInfo, 'keyEncoding' | 'metadata'> & { readonly firstKey?: unknown },
    format: KeyWording = 'auto',
  ) {
    this.#encoding = info.keyEncoding;
    this.#format = format === 'auto' ? (storedFormat(info) ?? format) : format;
    this.#keyBytes = info.firstKey instanceof Uint8Array ? info.firstKey.length : undefined;
  }

  /** The key that an argument of the command line means. @throws {CairnError} `INVALID_ARGUMENT`. */
  parse(text: string): unknown {
    switch (this.#encoding) {
      case 'utf8':
        return this.#parseText(text);
      case 'tuple':
        return this.#parseTuple(text);
      case 'number':
        return this.#parseScalar(text, 'numbers', parseNumber);
      case 'bigint':
        return this.#parseScalar(text, 'bigints', parseBigInt);
      case 'uuid':
        return this.#parseScalar(text, 'UUIDs', (plain) => plain);
      default:
        return this.#parseBytes(text);
    }
  }

  /** A key as it is printed. */
  format(key: unknown): string {
    if (key instanceof Uint8Array) return this.#wordOf(key) ?? this.#formatBytes(key);
    if (typeof key !== 'string') {
      const bare = this.#format !== 'json' && !Array.isArray(key);
      return bare ? formatReadableJson(key) : formatTaggedJson(key);
    }
    if (this.#format === 'hex' && this.#encoding === 'utf8') return `0x${toHex(encoder.encode(key))}`;
    return this.#format === 'json' ? JSON.stringify(key) : key;
  }

  /** A key as JSON text. */
  formatJson(key: unknown): string {
    const word = key instanceof Uint8Array ? this.#wordOf(key) : undefined;
    return word === undefined ? formatTaggedJson(key) : JSON.stringify(word);
  }

  #parseText(text: string): string {
    switch (this.#format) {
      case 'hex':
        try {
          return decoder.decode(this.#parseHex(text));
        } catch (error) {
          throw invalidArgument(
            'key',
            `the bytes ${text} are not UTF-8, and the keys of this store are text`,
            error,
          );
        }
      case 'json': {
        const key = this.#parseJson(text);
        if (typeof key === 'string') return key;
        throw invalidArgument('key', `${text} is not a JSON string, and the keys of this store are text`);
      }
      case 'ip':
        throw this.#unfit(text, 'text');
      default:
        return text;
    }
  }

  #parseTuple(text: string): unknown {
    if (this.#format !== 'auto' && this.#format !== 'json') throw this.#unfit(text, 'tuples');
    const key = this.#parseJson(text);
    if (Array.isArray(key)) return key;
    throw invalidArgument('key', `${text} is not a tuple: write a JSON array, such as '["US",42]'`);
  }

  /** A key that is text by nature, or a JSON value. What is of another type is left to the store to refuse. */
  #parseScalar(text: string, what: string, parse: (text: string) => unknown): unknown {
    if (this.#format === 'json') return this.#parseJson(text);
    if (this.#format !== 'auto' && this.#format !== 'text') throw this.#unfit(text, what);
    try {
      return parse(text);
    } catch (error) {
      throw invalidArgument('key', `${(error as Error).message}; the keys of this store are ${what}`, error);
    }
  }

  #parseBytes(text: string): Uint8Array {
    switch (this.#format) {
      case 'hex':
        return this.#parseHex(text);
      case 'json': {
        const key = this.#parseJson(text);
        if (key instanceof Uint8Array) return key;
        if (typeof key === 'string') return encoder.encode(key);
        throw invalidArgument('key', `${text} is neither a JSON string nor {"$bytes":"…"}`);
      }
      case 'ip': {
        const address =
          parseIpAddress(text) ?? (text.startsWith('0x') ? bytesOfHex(text.slice(2)) : undefined);
        if (address !== undefined) return this.#fit(address, text);
        throw invalidArgument(
          'key',
          `${JSON.stringify(text)} is not an IP address; write one such as 8.8.8.8 or 2001:db8::1`,
        );
      }
      case 'auto':
        return (text.startsWith('0x') ? bytesOfHex(text.slice(2)) : undefined) ?? encoder.encode(text);
      default:
        return encoder.encode(text);
    }
  }

  /** The address in as many bytes as the store's have: IPv4 among IPv6 is mapped. */
  #fit(address: Uint8Array, text: string): Uint8Array {
    if (address.length === 4 && this.#keyBytes === 16) return mapToIpv6(address);
    if (address.length !== 16 || this.#keyBytes !== 4) return address;
    const unmapped = unmapIpv6(address);
    if (unmapped !== undefined) return unmapped;
    throw invalidArgument('key', `${text} is an IPv6 address, and the keys of this store are IPv4 addresses`);
  }

  #parseHex(text: string): Uint8Array {
    const bytes = bytesOfHex(text.startsWith('0x') ? text.slice(2) : text);
    if (bytes !== undefined) return bytes;
    throw invalidArgument(
      'key',
      `${JSON.stringify(text)} is not hex: write two digits for each byte, such as 0x00ff`,
    );
  }

  #parseJson(text: string): unknown {
    try {
      return parseTaggedJson(text);
    } catch (error) {
      throw invalidArgument('key', `the key ${text} can't be read as JSON: ${jsonProblem(error)}`, error);
    }
  }

  /** What text or address bytes stand for under this format, if any. */
  #wordOf(key: Uint8Array): string | undefined {
    if (this.#format === 'ip') return formatIpAddress(key);
    if (this.#format !== 'text') return undefined;
    try {
      return decoder.decode(key);
    } catch {
      return undefined;
    }
  }

  #formatBytes(key: Uint8Array): string {
    return this.#format === 'json' ? formatTaggedJson(key) : `0x${toHex(key)}`;
  }

  #unfit(text: string, what: string): CairnError {
    return invalidArgument(
      'key',
      `${JSON.stringify(text)} can't be read as ${this.#format}: the keys of this store are ${what}`,
    );
  }
}
