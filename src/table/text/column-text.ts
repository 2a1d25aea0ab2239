import { fromHex, toHex } from '../../bytes/hex.ts';
import { Refusal } from '../schema/refusal.ts';
import type { TypeDefinition } from '../schema/type-definition.ts';

// Values of columns as text and JSON, and back. What a type accepts is for its kind to say: here is only what text and JSON
// lack.

/**
 * Reads a cell of CSV or a word of a command line as a value of a type. An empty cell is null where null is allowed; ARRAY, MAP
 * and ROW are JSON, bytes are written 0x00ff.
 *
 * @throws {Refusal} for text that is no value of the type.
 */
export function valueOfText(type: TypeDefinition, text: string): unknown {
  if (text === '' && type.nullable) return null;
  switch (type.type) {
    case 'BOOLEAN':
      if (text === 'true' || text === 'false') return text === 'true';
      throw new Refusal(`is ${JSON.stringify(text)}, not true or false`);
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
      if (/^[+-]?\d{1,15}$/.test(text)) return Number(text) + 0;
      throw new Refusal(`is ${JSON.stringify(text)}, not an integer`);
    case 'FLOAT':
    case 'DOUBLE':
      return numberOfText(text);
    case 'ARRAY':
    case 'MAP':
    case 'ROW':
      try {
        return valueOfJson(type, JSON.parse(text));
      } catch (error) {
        if (error instanceof Refusal) throw error;
        throw new Refusal(`is ${JSON.stringify(text)}, not JSON`);
      }
    default:
      return valueOfJson(type, text);
  }
}

/** Reads what `JSON.parse` returned as a value of a type. @throws {Refusal}. */
export function valueOfJson(type: TypeDefinition, json: unknown): unknown {
  if (json === null || json === undefined) return json;
  switch (type.type) {
    case 'BIGINT':
      return typeof json === 'string' && /^[+-]?\d+$/.test(json) ? BigInt(json.replace(/^\+/, '')) : json;
    case 'DECIMAL':
      return typeof json === 'number' && !Number.isSafeInteger(json) ? String(json) : json;
    case 'FLOAT':
    case 'DOUBLE':
      return typeof json === 'string' ? numberOfText(json) : json;
    case 'BYTES':
    case 'BINARY':
      return typeof json === 'string' ? bytesOfText(json) : json;
    case 'ARRAY':
      if (!Array.isArray(json)) return json;
      return json.map((element, i) => within(`[${i}]`, () => valueOfJson(type.element, element)));
    case 'MAP':
      return mapOfJson(type, json);
    case 'ROW': {
      if (typeof json !== 'object' || Array.isArray(json)) return json;
      const fields = new Map(type.fields.map((field) => [field.name, field.type]));
      return Object.fromEntries(
        Object.entries(json).map(([name, member]) => {
          const field = fields.get(name);
          return [name, field === undefined ? member : within(`.${name}`, () => valueOfJson(field, member))];
        }),
      );
    }
    default:
      return json;
  }
}

/** A value of a type as something for `JSON.stringify`: {@link valueOfJson} reads it back. */
export function jsonOfValue(type: TypeDefinition, value: unknown): unknown {
  if (value === null) return null;
  switch (type.type) {
    case 'BIGINT': {
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : String(value);
    }
    case 'FLOAT':
    case 'DOUBLE':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : textOfNumber(value as number);
    case 'BYTES':
    case 'BINARY':
      return `0x${toHex(value as Uint8Array)}`;
    case 'DATE':
    case 'TIME':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return String(value);
    case 'ARRAY':
      return (value as readonly unknown[]).map((element) => jsonOfValue(type.element, element));
    case 'MAP': {
      const entries = [...(value as Map<unknown, unknown>)].map(([key, entry]): [unknown, unknown] => [
        jsonOfValue(type.key, key),
        jsonOfValue(type.value, entry),
      ]);
      return hasTextKeys(type.key) ? Object.fromEntries(entries) : entries;
    }
    case 'ROW': {
      const members = value as Readonly<Record<string, unknown>>;
      return Object.fromEntries(
        type.fields.map((field) => [field.name, jsonOfValue(field.type, members[field.name])]),
      );
    }
    default:
      return value;
  }
}

/** A value of a type as the text of a cell: {@link valueOfText} reads it back, except an empty text that may be null. */
export function textOfValue(type: TypeDefinition, value: unknown): string {
  if (value === null) return '';
  const json = type.type === 'BIGINT' ? String(value) : jsonOfValue(type, value);
  return typeof json === 'string' ? json : JSON.stringify(json);
}

function numberOfText(text: string): number {
  if (NUMBER.test(text)) return Number(text);
  throw new Refusal(`is ${JSON.stringify(text)}, not a number`);
}

const NUMBER = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|Infinity)$|^NaN$/;

function textOfNumber(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function bytesOfText(text: string): Uint8Array {
  const bytes = text.startsWith('0x') ? fromHex(text.slice(2).toLowerCase()) : undefined;
  if (bytes !== undefined) return bytes;
  throw new Refusal(`is ${JSON.stringify(text)}, not bytes: write them as 0x00ff`);
}

function mapOfJson(type: TypeDefinition & { readonly type: 'MAP' }, json: unknown): unknown {
  if (typeof json !== 'object' || json === null) return json;
  const entries: (readonly [unknown, unknown])[] = Array.isArray(json) ? json : Object.entries(json);
  return new Map(
    entries.map((entry, i) => {
      if (!Array.isArray(entry) || entry.length !== 2)
        throw new Refusal('is no list of pairs: write an object, or [[key, value], …]', `[${i}]`);
      const [key, value] = entry as [unknown, unknown];
      return [
        within(' (a key)', () => valueOfJson(type.key, key)),
        within(`.${String(key)}`, () => valueOfJson(type.value, value)),
      ];
    }),
  );
}

function hasTextKeys({ type }: TypeDefinition): boolean {
  return type === 'STRING' || type === 'CHAR';
}

function within<T>(step: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof Refusal ? error.within(step) : error;
  }
}
