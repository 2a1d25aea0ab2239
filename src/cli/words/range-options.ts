import type { Range } from '../../node/index.ts';
import type { KeyText } from '../../text/key-text.ts';
import type { SharedOptions } from '../usage/command-usage.ts';

/** The range that options mean in a store. @throws {CairnError} `INVALID_ARGUMENT`. */
export function rangeOf(options: SharedOptions<'range'>, keys: KeyText): Range<unknown> {
  const range: { -readonly [Name in keyof Range<unknown>]: Range<unknown>[Name] } = {};
  for (const bound of ['prefix', 'gt', 'gte', 'lt', 'lte'] as const) {
    const text = options[bound];
    if (text !== undefined) range[bound] = keys.parse(text);
  }
  if (options.reverse === true) range.reverse = true;
  if (options.limit !== undefined) range.limit = options.limit;
  return range;
}
