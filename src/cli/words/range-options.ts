import type { Range } from '../../node/index.ts';
import type { KeyText } from './key-text.ts';

/** A range as the command line says it. */
export interface RangeOptions {
  readonly prefix?: string;
  readonly gt?: string;
  readonly gte?: string;
  readonly lt?: string;
  readonly lte?: string;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** The range that options mean in a store. @throws {CairnError} `INVALID_ARGUMENT`. */
export function rangeOf(options: RangeOptions, keys: KeyText): Range<unknown> {
  const range: { -readonly [Name in keyof Range<unknown>]: Range<unknown>[Name] } = {};
  for (const bound of ['prefix', 'gt', 'gte', 'lt', 'lte'] as const) {
    const text = options[bound];
    if (text !== undefined) range[bound] = keys.parse(text);
  }
  if (options.reverse === true) range.reverse = true;
  if (options.limit !== undefined) range.limit = options.limit;
  return range;
}
