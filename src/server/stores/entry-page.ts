import { compareKeys } from '../../codec/keys/compare-keys.ts';
import type { Range } from '../../store/read/range.ts';
import { formatJsonValue, formatTaggedJson, parseTaggedJson } from '../../text/json-text.ts';
import { KeyText } from '../../text/key-text.ts';
import type { KeyWording } from '../../text/key-wording.ts';
import { rangeOfText, type TextRange } from '../../text/text-range.ts';
import { unprocessable } from '../refusal.ts';
import type { OpenedStore } from './store-pool.ts';

/** A page ends early when its text has become as long as this. */
const PAGE_CHARACTERS = 4 * 1024 * 1024;

/** Entries are taken in batches of this size, so that a page of a few large values does not read many. */
const BATCH = 64;

/** Which entries a request asks for: keys as text. */
export interface AskedRange extends TextRange {
  /** The end of the page before, as {@link entryPage} returned it. */
  readonly after?: string | undefined;
  /** The position of the first entry, or of the last one of `reverse`; of stores only. */
  readonly from?: number | undefined;
  readonly keyFormat?: KeyWording | undefined;
}

/** Returns how the keys of a store are written in a request. */
export function keysOf(opened: OpenedStore, wording: KeyWording | undefined): KeyText {
  if (wording === undefined || wording === 'auto') return opened.keys;
  const info =
    opened.kind === 'store' ? opened.reader.info : { ...opened.reader.info, firstKey: opened.firstKey };
  return new KeyText(info, wording);
}

/** Returns an entry as JSON text, as the command's `--json` has it. */
export function entryJson(
  [key, value]: readonly [unknown, unknown],
  opened: OpenedStore,
  keys: KeyText,
): string {
  return `{"key":${keys.formatJson(key)},"value":${formatJsonValue(value, opened.reader.info.valueEncoding)}}`;
}

/**
 * Returns a page of entries as JSON text, and where the next one begins, if there are more.
 *
 * @throws {Refusal} 422. @throws {CairnError} (as a rejection) what reading throws.
 */
export async function entryPage(
  opened: OpenedStore,
  asked: AskedRange & { readonly limit: number },
): Promise<{ readonly text: string; readonly next: string | undefined }> {
  const keys = keysOf(opened, asked.keyFormat);
  // One more than fits, to know whether there is more.
  let range = rangeOfText({ ...asked, limit: asked.limit + 1 }, keys);
  if (asked.from !== undefined) {
    const entry = await positionsOf(opened).at(asked.from);
    if (entry === undefined) return { text: '[]', next: undefined };
    range = narrowed(range, 'gte', entry[0]);
  }
  if (asked.after !== undefined) range = narrowed(range, 'gt', endIn(asked.after));
  const texts: string[] = [];
  let characters = 0;
  let last: unknown;
  let next: string | undefined;
  const batches = opened.reader.batches(range, { size: Math.min(BATCH, asked.limit + 1) });
  scan: for await (const batch of batches) {
    for (const entry of batch) {
      if (texts.length === asked.limit || characters >= PAGE_CHARACTERS) {
        // An empty page has no end after which another could begin.
        next = texts.length === 0 ? undefined : formatTaggedJson(last);
        break scan;
      }
      const text = entryJson(entry, opened, keys);
      characters += text.length;
      texts.push(text);
      [last] = entry;
    }
  }
  return { text: `[${texts.join(',')}]`, next };
}

/** Returns the reader of a store, whose entries have positions. @throws {Refusal} 422. */
export function positionsOf(opened: OpenedStore): Extract<OpenedStore, { kind: 'store' }>['reader'] {
  if (opened.kind === 'store') return opened.reader;
  throw unprocessable(`${opened.name} is a collection, which has no positions: only stores have`);
}

/** Returns a range from a key on in its direction, with `gt` after it; bounds that the range has intersect with that. */
function narrowed(range: Range<unknown>, bound: 'gt' | 'gte', key: unknown): Range<unknown> {
  const isReverse = range.reverse === true;
  const side = !isReverse ? bound : bound === 'gt' ? 'lt' : 'lte';
  const other = range[side];
  const order = other === undefined ? 0 : compareKeys(key as string, other as string);
  return (isReverse ? order <= 0 : order >= 0) ? { ...range, [side]: key } : range;
}

/** Reads the end of the page before. @throws {Refusal} 422. */
function endIn(after: string): unknown {
  try {
    return parseTaggedJson(after);
  } catch {
    throw unprocessable('after: write what the page before has as next');
  }
}
