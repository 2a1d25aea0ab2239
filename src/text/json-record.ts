import { CanonicalJson, canonicalJsonEnd, canonicalTextEnd } from '../codec/canonical-json.ts';
import { invalidArgument } from '../errors.ts';
import type { EntryBatch, InvalidReason } from './entry-batch.ts';
import { eachMember, mayAlterNumbers, refuseAltered } from './json-text.ts';
import { showKey } from './key-format.ts';
import { jsonOf, parserOfMember, type TextEncodings } from './text-fields.ts';

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Which members of JSON objects are key and value. */
export interface JsonRecordOptions extends TextEncodings {
  /** The names of the members of the key: one is the key itself, several make a tuple. Default: `key`. */
  readonly key?: readonly string[] | undefined;
  /**
   * The names of the members of the value: one is the value itself, several make an object of them, in this
   * order. Default: an object of all other members than the key's if `key` is set and values can be objects,
   * otherwise `value`.
   */
  readonly value?: readonly string[] | undefined;
  /** Reads members of `value` that an object lacks as null. Default: false, which refuses it. */
  readonly missingAsNull?: boolean | undefined;
  /** Keeps the key's members in an object that is made of all others. Default: false. */
  readonly keepKey?: boolean | undefined;
  /**
   * Reading: allows values of the encoding `json` to be returned as {@link CanonicalJson}, which a store's
   * writer accepts in place of the value. Twice as fast.
   */
  readonly canonicalJson?: boolean | undefined;
}

/** The names of the members of key and value. `values` is absent if the value is made of all others. */
interface Members {
  readonly keys: readonly string[];
  readonly values: readonly string[] | undefined;
}

/** @throws {CairnError} `INVALID_ARGUMENT` for conflicting options. */
function membersOf({ keyEncoding, valueEncoding, key, value, keepKey = false }: JsonRecordOptions): Members {
  if (keepKey && (key === undefined || value !== undefined)) {
    const how =
      key === undefined ? 'name a member for the key' : 'name the key among the members of the value';
    throw invalidArgument('keepKey', `keepKey leaves the key in the rest of the object: ${how}`);
  }
  const plain = valueEncoding === 'utf8' || valueEncoding === 'binary';
  const members = {
    keys: key ?? ['key'],
    values: value ?? (key === undefined || plain ? ['value'] : undefined),
  };
  for (const [argument, names] of [['key', members.keys] as const, ['value', members.values] as const]) {
    const seen = new Set<string>();
    const twice = names?.find((name) => seen.size === seen.add(name).size);
    if (twice !== undefined) {
      throw invalidArgument(argument, `the member ${JSON.stringify(twice)} is named twice`);
    }
  }
  if (members.keys.length > 1 && keyEncoding !== 'tuple') {
    throw invalidArgument('key', `several members make a tuple: a key of ${keyEncoding} is one member`);
  }
  if (plain && (keepKey || members.values?.length !== 1)) {
    const [argument, what] = keepKey ? ['keepKey', 'keepKey needs'] : ['value', 'several members need'];
    throw invalidArgument(
      argument,
      `${what} the value encoding json, msgpack or typed, not ${valueEncoding}`,
    );
  }
  return members;
}

/** The names of the members that make key and value; `undefined` if all members do. */
export function takenMembers(options: JsonRecordOptions): ReadonlySet<string> | undefined {
  const { keys, values } = membersOf(options);
  return values === undefined ? undefined : new Set([...keys, ...values]);
}

/** A member that is an integer of any size in JSON, and whether the value needs it as a number, too. */
export interface BigIntMember {
  readonly name: string;
  readonly inValue: boolean;
}

/** The member of the key, if keys are bigints. */
export function bigIntMember(options: JsonRecordOptions): BigIntMember | undefined {
  if (options.keyEncoding !== 'bigint') return undefined;
  const {
    keys: [name],
    values,
  } = membersOf(options);
  return { name, inValue: values === undefined ? options.keepKey === true : values.includes(name) };
}

/** Integers in JSON, which have no leading zeros. */
export const JSON_INTEGER: RegExp = /^\s*-?\d+\s*$/;

/**
 * Creates a function that checks the numbers of an object's text, of those members that make key and value. It
 * returns the key if that is an integer that a number may be unable to hold, and throws {RangeError} for a
 * number that would be altered.
 */
export function numberChecker(options: JsonRecordOptions): (text: string) => bigint | undefined {
  const taken = takenMembers(options);
  const exact = bigIntMember(options);
  return (text) => {
    if (!mayAlterNumbers(text)) return undefined;
    let key: bigint | undefined;
    eachMember(text, (name, start, end) => {
      if (taken?.has(name) === false) return;
      const member = text.substring(start, end);
      const isKey = name === exact?.name && JSON_INTEGER.test(member);
      if (isKey) key = BigInt(member);
      if (!isKey || exact.inValue) refuseAltered(member);
    });
    return key;
  };
}

/** Why an object is not an entry. */
export interface RecordProblem {
  readonly reason: InvalidReason;
  readonly problem: string;
}

/**
 * Creates a function that adds the entry of a parsed object to a batch, except for its place, or returns the
 * problem. `exactKey` is the key if a number cannot hold it.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` for conflicting options.
 */
export function jsonRecordReader(
  options: JsonRecordOptions,
): (record: unknown, batch: EntryBatch, exactKey?: bigint) => RecordProblem | undefined {
  const { keyEncoding, valueEncoding, temporal, keepKey = false, missingAsNull = false } = options;
  const { keys, values } = membersOf(options);
  const readKey = parserOfMember(keyEncoding, temporal);
  const readValue = parserOfMember(valueEncoding, temporal);
  const fields = missingAsNull ? keys : [...keys, ...(values ?? [])];
  const left = new Set(keepKey ? [] : keys);
  const keyFrom = (members: Record<string, unknown>): unknown =>
    keys.length === 1 ? readKey(members[keys[0]]) : keys.map((name) => readKey(members[name]));
  const valueFrom = (members: Record<string, unknown>): unknown => {
    const memberOf = (name: string): unknown =>
      missingAsNull && !Object.hasOwn(members, name) ? null : readValue(members[name]);
    if (values?.length === 1) return memberOf(values[0]);
    // Member by member, because the object itself is never a tagged object.
    const value: Record<string, unknown> = {};
    for (const name of values ?? Object.keys(members)) {
      if (values !== undefined || !left.has(name)) setMember(value, name, memberOf(name));
    }
    return value;
  };
  return (record, batch, exactKey) => {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) {
      return { reason: 'json', problem: 'not a JSON object' };
    }
    for (const field of fields) {
      if (Object.hasOwn(record, field)) continue;
      return { reason: 'member', problem: `the object has no member ${JSON.stringify(field)}` };
    }
    const members = record as Record<string, unknown>;
    const key = exactKey ?? keyFrom(members);
    batch.values.push(valueFrom(members));
    batch.keys.push(key);
    return undefined;
  };
}

/** Sets a member of an object, whatever its name. */
export function setMember(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') object[name] = value;
  else Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

/**
 * Creates a function that adds the entry of `text[start…end)` to a batch, except for its place, if key and
 * value can be taken unchanged: the key is text without escapes, the value canonical. Returns false for
 * everything else, valid or not.
 */
export function canonicalRecordReader(
  options: JsonRecordOptions,
): ((text: string, start: number, end: number, batch: EntryBatch) => boolean) | undefined {
  const { keyEncoding, valueEncoding, canonicalJson = false, keepKey = false } = options;
  if (!canonicalJson || keyEncoding !== 'utf8' || valueEncoding !== 'json') return undefined;
  const { keys, values } = membersOf(options);
  if (values !== undefined && (values.length > 1 || values[0] === keys[0])) return undefined;
  const keyName = JSON.stringify(keys[0]);
  const valueName = values === undefined ? undefined : JSON.stringify(values[0]);
  /** The names of a row's members so far. */
  const names: string[] = [];
  return (text, start, end, batch) => {
    if (text.charCodeAt(start) !== OPEN_OBJECT) return false;
    let key: string | undefined;
    let value: string | undefined;
    let rest = '';
    let at = start;
    names.length = 0;
    do {
      at = afterSpaces(text, at + 1);
      const nameEnd = canonicalTextEnd(text, at);
      if (nameEnd < 0 || text.charCodeAt(nameEnd) !== COLON) return false;
      const from = afterSpaces(text, nameEnd + 1);
      const to = canonicalJsonEnd(text, from);
      if (to < 0) return false;
      const isKey = nameEnd - at === keyName.length && text.startsWith(keyName, at);
      if (isKey) {
        if (key !== undefined || text.charCodeAt(from) !== QUOTE) return false;
        key = text.substring(from + 1, to - 1);
      }
      if (valueName === undefined) {
        // JavaScript objects order members with integer names first.
        const first = text.charCodeAt(at + 1);
        const name = text.substring(at, nameEnd);
        if (
          names.length === MAX_CANONICAL_MEMBERS ||
          names.includes(name) ||
          (first >= ZERO && first <= NINE)
        ) {
          return false;
        }
        names.push(name);
        if (keepKey || !isKey) rest += `${rest === '' ? '' : ','}${name}:${text.substring(from, to)}`;
      } else if (nameEnd - at === valueName.length && text.startsWith(valueName, at)) {
        if (value !== undefined) return false;
        value = text.substring(from, to);
      }
      at = to;
    } while (text.charCodeAt(at) === COMMA);
    if (valueName === undefined) value = `{${rest}}`;
    if (text.charCodeAt(at) !== CLOSE_OBJECT || at + 1 !== end) return false;
    if (key === undefined || value === undefined || key.includes('\\')) return false;
    batch.keys.push(key);
    batch.values.push(new CanonicalJson(value));
    return true;
  };
}

/** Objects with more members are left to the parser, because names are compared one by one. */
const MAX_CANONICAL_MEMBERS = 32;

function afterSpaces(text: string, at: number): number {
  let next = at;
  while (text.charCodeAt(next) === SPACE) next++;
  return next;
}

/** An entry that the members of an object cannot hold: the message is a clause. */
class UnfitEntry extends Error {}

/**
 * Creates a function that writes an entry as the JSON text of an object, which {@link jsonRecordReader} with
 * the same options reads as the same entry.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` for conflicting options. The function throws it for an entry that
 * the members cannot hold exactly.
 */
export function jsonRecordFormatter(options: JsonRecordOptions): (key: unknown, value: unknown) => string {
  const { keyEncoding, valueEncoding } = options;
  const { keys, values } = membersOf(options);
  const keyJson = jsonOf(keyEncoding);
  const valueJson = jsonOf(valueEncoding);
  if (keys.length === 1 && values?.length === 1 && keys[0] !== values[0]) {
    const beforeKey = `{${JSON.stringify(keys[0])}:`;
    const beforeValue = `,${JSON.stringify(values[0])}:`;
    return (key, value) => `${beforeKey}${keyJson(key)}${beforeValue}${valueJson(value)}}`;
  }
  const format = membersFormatter(options, { keys, values }, keyJson, valueJson);
  return (key, value) => {
    try {
      return format(key, value);
    } catch (error) {
      if (!(error instanceof UnfitEntry)) throw error;
      throw invalidArgument(
        'value',
        `the entry with the key ${showKey(key, { keyEncoding })} can't be an object of these members: it ${error.message}; ` +
          'name one other member for the value',
      );
    }
  };
}

function membersFormatter(
  { keepKey = false }: JsonRecordOptions,
  { keys, values }: Members,
  keyJson: (field: unknown) => string,
  valueJson: (field: unknown) => string,
): (key: unknown, value: unknown) => string {
  const mayHoldKey = keepKey || values !== undefined;
  return (key, value) => {
    const fields = keys.length === 1 ? [key] : (key as readonly unknown[]);
    if (fields.length !== keys.length) {
      throw new UnfitEntry(`has a key of ${fields.length} elements and not ${keys.length}`);
    }
    const members: (readonly [string, unknown])[] =
      values?.length === 1 ? [[values[0], value]] : Object.entries(plainObject(value));
    const names = members.map(([name]) => name);
    if (
      values !== undefined &&
      (names.length !== values.length || names.some((name, i) => name !== values[i]))
    ) {
      throw new UnfitEntry(`has the members ${names.join(', ')} and not ${values.join(', ')}`);
    }
    let text = '';
    const add = (name: string, json: string): void => {
      text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${json}`;
    };
    const texts = new Map(members.map(([name, member]) => [name, valueJson(member)]));
    for (const [i, name] of keys.entries()) {
      const json = keyJson(fields[i]);
      const member = texts.get(name);
      if (member === undefined && keepKey) throw new UnfitEntry(`has no member ${JSON.stringify(name)}`);
      if (member === undefined) add(name, json);
      else if (!mayHoldKey) throw new UnfitEntry(`has a member ${JSON.stringify(name)} beside its key`);
      else if (member !== json) throw new UnfitEntry(`has another ${JSON.stringify(name)} than its key`);
    }
    for (const [name, json] of texts) add(name, json);
    return `{${text}}`;
  };
}

const PLAIN: readonly unknown[] = [Object.prototype, null];

function plainObject(value: unknown): object {
  const plain = typeof value === 'object' && value !== null && PLAIN.includes(Object.getPrototypeOf(value));
  if (plain) return value;
  throw new UnfitEntry('has a value that is not an object');
}
