import { toHex } from '../../bytes/hex.ts';
import { formatReadableJson } from '../../text/json-text.ts';

/** How values of a store are printed. */
export interface ValueTextOptions {
  readonly valueEncoding: string;
  /** Text and bytes as hex. */
  readonly hex?: boolean;
}

/**
 * A value as it is printed in a line: text as it is, JSON for what has structure, bytes as `0x…`. Bigints are
 * digits; `formatJsonValue` keeps them apart from numbers. Dates and durations of `typed` values are bare words.
 */
export function formatValue(value: unknown, { valueEncoding, hex = false }: ValueTextOptions): string {
  if (valueEncoding === 'msgpack' || valueEncoding === 'typed') return formatReadableJson(value);
  if (valueEncoding === 'json') return JSON.stringify(value);
  if (typeof value === 'string') return hex ? `0x${toHex(new TextEncoder().encode(value))}` : value;
  return `0x${toHex(value as Uint8Array)}`;
}

/** Text for a terminal: control characters, which could be commands to it, are shown as escapes. */
export function visibly(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1));
}
