import type { EntryBatch } from './entry-batch.ts';
import { jsonOf, parserOfMember, type TextEncodings } from './text-fields.ts';

/** Which members of JSON objects are key and value. */
export interface JsonRecordOptions extends TextEncodings {
  /** The name of the member that is the key. */
  readonly keyField: string;
  /** The name of the member that is the value. */
  readonly valueField: string;
}

/** Adds the entry of a parsed object to a batch, but for its place; or says what is wrong. */
export function jsonRecordReader({
  keyEncoding,
  valueEncoding,
  keyField,
  valueField,
}: JsonRecordOptions): (record: unknown, batch: EntryBatch) => string | undefined {
  const readKey = parserOfMember(keyEncoding);
  const readValue = parserOfMember(valueEncoding);
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

/** An entry as the JSON text of an object with two members. */
export function jsonRecordFormatter(options: JsonRecordOptions): (key: unknown, value: unknown) => string {
  const keyJson = jsonOf(options.keyEncoding);
  const valueJson = jsonOf(options.valueEncoding);
  const beforeKey = `{${JSON.stringify(options.keyField)}:`;
  const beforeValue = `,${JSON.stringify(options.valueField)}:`;
  return (key, value) => `${beforeKey}${keyJson(key)}${beforeValue}${valueJson(value)}}`;
}
