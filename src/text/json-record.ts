import { CanonicalJson, canonicalJsonEnd, canonicalTextEnd } from '../codec/canonical-json.ts';
import type { EntryBatch } from './entry-batch.ts';
import { jsonOf, parserOfMember, type TextEncodings } from './text-fields.ts';

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Which members of JSON objects are key and value. */
export interface JsonRecordOptions extends TextEncodings {
  /** The name of the member that is the key. */
  readonly keyField: string;
  /** The name of the member that is the value. */
  readonly valueField: string;
  /**
   * Reading: values of the encoding `json` may come as {@link CanonicalJson}, which a store's writer takes in place of
   * what it says. Twice as fast.
   */
  readonly canonicalJson?: boolean | undefined;
}

/** Adds the entry of a parsed object to a batch, but for its place; or says what is wrong. */
export function jsonRecordReader({
  keyEncoding,
  valueEncoding,
  keyField,
  valueField,
  temporal,
}: JsonRecordOptions): (record: unknown, batch: EntryBatch) => string | undefined {
  const readKey = parserOfMember(keyEncoding, temporal);
  const readValue = parserOfMember(valueEncoding, temporal);
  const fields = [keyField, valueField];
  return (record, batch) => {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) return 'not a JSON object';
    for (const field of fields) {
      if (!Object.hasOwn(record, field)) return `the object has no member ${JSON.stringify(field)}`;
    }
    const members = record as Record<string, unknown>;
    const key = readKey(members[keyField]);
    batch.values.push(readValue(members[valueField]));
    batch.keys.push(key);
    return undefined;
  };
}

/**
 * Adds the entry of `text[start…end)` to a batch, but for its place, when both its fields can be taken as they stand
 * there: the key a text without escapes, the value canonical. false for everything else, right or wrong.
 */
export function canonicalRecordReader({
  keyEncoding,
  valueEncoding,
  keyField,
  valueField,
  canonicalJson = false,
}: JsonRecordOptions):
  | ((text: string, start: number, end: number, batch: EntryBatch) => boolean)
  | undefined {
  if (!canonicalJson || keyEncoding !== 'utf8' || valueEncoding !== 'json' || keyField === valueField) {
    return undefined;
  }
  const keyName = JSON.stringify(keyField);
  const valueName = JSON.stringify(valueField);
  return (text, start, end, batch) => {
    if (text.charCodeAt(start) !== OPEN_OBJECT) return false;
    let keyAt = -1;
    let keyEnd = -1;
    let valueAt = -1;
    let valueEnd = -1;
    let at = start;
    do {
      at = afterSpaces(text, at + 1);
      const nameEnd = canonicalTextEnd(text, at);
      if (nameEnd < 0 || text.charCodeAt(nameEnd) !== COLON) return false;
      const from = afterSpaces(text, nameEnd + 1);
      const to = canonicalJsonEnd(text, from);
      if (to < 0) return false;
      if (nameEnd - at === keyName.length && text.startsWith(keyName, at)) {
        if (keyAt >= 0 || text.charCodeAt(from) !== QUOTE) return false;
        keyAt = from + 1;
        keyEnd = to - 1;
      } else if (nameEnd - at === valueName.length && text.startsWith(valueName, at)) {
        if (valueAt >= 0) return false;
        valueAt = from;
        valueEnd = to;
      }
      at = to;
    } while (text.charCodeAt(at) === COMMA);
    if (text.charCodeAt(at) !== CLOSE_OBJECT || at + 1 !== end || keyAt < 0 || valueAt < 0) return false;
    const key = text.substring(keyAt, keyEnd);
    if (key.includes('\\')) return false;
    batch.keys.push(key);
    batch.values.push(new CanonicalJson(text.substring(valueAt, valueEnd)));
    return true;
  };
}

function afterSpaces(text: string, at: number): number {
  let next = at;
  while (text.charCodeAt(next) === SPACE) next++;
  return next;
}

/** An entry as the JSON text of an object with two members. */
export function jsonRecordFormatter(options: JsonRecordOptions): (key: unknown, value: unknown) => string {
  const keyJson = jsonOf(options.keyEncoding);
  const valueJson = jsonOf(options.valueEncoding);
  const beforeKey = `{${JSON.stringify(options.keyField)}:`;
  const beforeValue = `,${JSON.stringify(options.valueField)}:`;
  return (key, value) => `${beforeKey}${keyJson(key)}${beforeValue}${valueJson(value)}}`;
}
