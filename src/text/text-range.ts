import type { Range } from '../store/read/range.ts';
import type { KeyText } from './key-text.ts';

/** A range whose bounds are keys as text. */
export interface TextRange {
  readonly gt?: string | undefined;
  readonly gte?: string | undefined;
  readonly lt?: string | undefined;
  readonly lte?: string | undefined;
  readonly prefix?: string | undefined;
  readonly reverse?: boolean | undefined;
  readonly limit?: number | undefined;
}

/** Returns the range that text means in a store. @throws {CairnError} `INVALID_ARGUMENT`. */
export function rangeOfText(text: TextRange, keys: KeyText): Range<unknown> {
  const range: { -readonly [Name in keyof Range<unknown>]: Range<unknown>[Name] } = {};
  for (const bound of ['prefix', 'gt', 'gte', 'lt', 'lte'] as const) {
    const key = text[bound];
    if (key !== undefined) range[bound] = keys.parse(key);
  }
  if (text.reverse === true) range.reverse = true;
  if (text.limit !== undefined) range.limit = text.limit;
  return range;
}
