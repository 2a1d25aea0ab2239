import { isWellFormed } from '../bytes/utf8.ts';
import { MAX_VALUE_DEPTH } from '../bytes/value-depth.ts';
import { type CairnError, invalidArgument } from '../errors.ts';
import { DETACHED, isDetached } from './detached.ts';
import { temporalKind } from './temporal.ts';
import { describe, isBytes, isDate } from './type-names.ts';

/** What a format keeps exactly besides null, booleans, finite numbers, text, arrays and plain objects. */
export interface ExactRules {
  /** The format's name, for messages. */
  readonly format: string;
  /** NaN, Infinity and −Infinity. */
  readonly nonFinite: boolean;
  readonly negativeZero: boolean;
  readonly bigints: boolean;
  readonly dates: boolean;
  readonly bytes: boolean;
  /** Text with unpaired surrogates. */
  readonly illFormedText: boolean;
  /** Whether the format would keep the result of a method `toJSON` instead of the object. */
  readonly callsToJSON: boolean;
}

/** A bit of {@link checkExact}'s result: −0 occurs. */
export const HAS_NEGATIVE_ZERO: number = 1;
/**
 * A bit of {@link checkExact}'s result: a bigint occurs that fits neither a signed nor an unsigned 64-bit
 * integer.
 */
export const HAS_WIDE_BIGINT: number = 2;
/** Within the walk only: something was refused, and `refusal` holds the reason. */
const REFUSED = 4;

/**
 * Set when something is refused; its path grows as the walk unwinds, and the caller then throws it at once.
 */
let refusal: { path: string; reason: string } = { path: '', reason: '' };

const MIN_INT64 = -(2n ** 63n);
const MAX_UINT64 = 2n ** 64n - 1n;

/**
 * Checks that the format keeps `value` exactly, and returns the special cases that the encoder must handle,
 * as bits `HAS_NEGATIVE_ZERO` and `HAS_WIDE_BIGINT`. One pass; about 100 ns an object and 10 ns an array
 * element.
 *
 * Refuses undefined, functions, symbols (also as keys), holes and additional properties of arrays, objects of
 * any class (maps, sets, errors, subclasses of Array and Date …), typed arrays other than `Uint8Array`,
 * invalid dates, non-enumerable properties, unpaired surrogates, cycles, more than 256 levels, and what
 * `rules` exclude. An object without a prototype counts as a plain object, a `Buffer` as a `Uint8Array`, a
 * getter as its value. Does not look for non-enumerable properties of arrays, nor for properties added to a
 * `Uint8Array`.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` (argument `value`), with a path in its message, such as
 * `value.a[2]`.
 */
export function checkExact(value: unknown, rules: ExactRules): number {
  const flags = check(value, 1, rules);
  if ((flags & REFUSED) === 0) return flags;
  throw invalidArgument('value', `value${refusal.path} ${refusal.reason}`);
}

function check(value: unknown, depth: number, rules: ExactRules): number {
  switch (typeof value) {
    case 'string':
      return rules.illFormedText || isWellFormed(value) ? 0 : refuse(ILL_FORMED);
    case 'number':
      return checkNumber(value, rules);
    case 'boolean':
      return 0;
    case 'object':
      if (value === null) return 0;
      return Array.isArray(value) ? checkArray(value, depth, rules) : checkObject(value, depth, rules);
    case 'bigint':
      return checkBigInt(value, rules);
    case 'undefined':
      return refuse('is undefined, which stands for an absent key: store null, or leave the property out');
    default:
      return refuse(`is a ${typeof value}, which ${rules.format} cannot keep: leave it out`);
  }
}

/** Why text is refused: follows the path in a message. */
export const ILL_FORMED: string =
  "holds an unpaired surrogate, which UTF-8 cannot keep: repair the text (String.prototype.toWellFormed), or use valueEncoding 'json', which escapes it";

function checkNumber(value: number, rules: ExactRules): number {
  if (value === 0) {
    if (!Object.is(value, -0)) return 0;
    return rules.negativeZero
      ? HAS_NEGATIVE_ZERO
      : refuse(`is -0, which ${rules.format} would make 0: ${USE_MSGPACK}`);
  }
  // The difference is 0 for every number but NaN and the infinities.
  if (value - value === 0 || rules.nonFinite) return 0;
  return refuse(`is ${value}, which ${rules.format} would make null: ${USE_MSGPACK}`);
}

const USE_MSGPACK = "use valueEncoding 'msgpack', which keeps it";

function checkBigInt(value: bigint, rules: ExactRules): number {
  if (!rules.bigints)
    return refuse(`is a bigint, which ${rules.format} cannot keep: ${USE_MSGPACK}, or store its text`);
  return value < MIN_INT64 || value > MAX_UINT64 ? HAS_WIDE_BIGINT : 0;
}

function checkArray(array: readonly unknown[], depth: number, rules: ExactRules): number {
  if (depth > MAX_VALUE_DEPTH) return refuse(TOO_DEEP);
  const prototype: unknown = Object.getPrototypeOf(array);
  // In every realm, Array.prototype is an array itself, but the prototype of a subclass is not.
  if (prototype !== Array.prototype && !Array.isArray(prototype)) return refuseObject(array, rules);
  const length = array.length;
  let flags = 0;
  for (let index = 0; index < length; index++) {
    const item = array[index];
    // Saves the call for the most common elements.
    if (typeof item === 'number' && item !== 0 && item - item === 0) continue;
    flags |= check(item, depth + 1, rules);
    if ((flags & REFUSED) !== 0) {
      if (item === undefined && !(index in array)) {
        refuse(`is a hole in an array, which ${rules.format} would fill: store null there`);
      }
      return refuseIn(`[${index}]`);
    }
  }
  // There are no holes, so a difference means additional properties.
  if (Object.keys(array).length !== length) {
    return refuse(
      `is an array with properties besides its elements, which ${rules.format} would drop: store an object`,
    );
  }
  if (Object.getOwnPropertySymbols(array).length > 0) return refuse(symbolKeys(rules));
  return flags | checkToJSON(array, rules);
}

// Faster than Object.hasOwn: V8 answers this form from the enumeration cache of `for in`.
const hasOwn = Object.prototype.hasOwnProperty;

function checkObject(value: object, depth: number, rules: ExactRules): number {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null && !isForeignObjectPrototype(prototype)) {
    return checkInstance(value, rules);
  }
  if (depth > MAX_VALUE_DEPTH) return refuse(TOO_DEEP);
  const object = value as Record<string, unknown>;
  let flags = 0;
  let keys = 0;
  for (const key in object) {
    // Other code may have extended Object.prototype.
    if (!hasOwn.call(object, key)) continue;
    keys++;
    if (!rules.illFormedText && !isWellFormed(key)) return refuse(`has a key that ${ILL_FORMED}`);
    flags |= check(object[key], depth + 1, rules);
    if ((flags & REFUSED) !== 0) return refuseIn(pathOf(key));
  }
  if (Object.getOwnPropertyNames(object).length !== keys) {
    return refuse(
      `has a property that is not enumerable, which ${rules.format} would drop: store a plain object`,
    );
  }
  if (Object.getOwnPropertySymbols(object).length > 0) return refuse(symbolKeys(rules));
  return flags | checkToJSON(object, rules);
}

const TOO_DEEP = `is more than ${MAX_VALUE_DEPTH} arrays and objects deep, or contains itself: store something flatter`;

function symbolKeys(rules: ExactRules): string {
  return `has a symbol among its keys, which ${rules.format} would drop: use a text key`;
}

/** Whether it is the Object.prototype of another realm: without a prototype, but with the methods. */
function isForeignObjectPrototype(prototype: unknown): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf');
}

function checkToJSON(value: object, rules: ExactRules): number {
  if (!rules.callsToJSON || typeof (value as { toJSON?: unknown }).toJSON !== 'function') return 0;
  return refuse(
    `has a method toJSON, so that ${rules.format} would keep something else: store what it returns`,
  );
}

function checkInstance(value: object, rules: ExactRules): number {
  if (isBytes(value)) {
    if (isDetached(value)) return refuse(DETACHED);
    return rules.bytes
      ? 0
      : refuse(`is ${describe(value)}, which ${rules.format} cannot keep: ${USE_MSGPACK}`);
  }
  if (isDate(value)) {
    if (Number.isNaN(value.getTime())) return refuse('is an invalid Date: store null');
    if (!rules.dates) {
      return refuse(
        `is a Date, which ${rules.format} would make text: ${USE_MSGPACK}, or store toISOString()`,
      );
    }
    return Reflect.ownKeys(value).length === 0
      ? 0
      : refuse(`is a Date with properties, which ${rules.format} would drop`);
  }
  return refuseObject(value, rules);
}

function refuseObject(value: object, rules: ExactRules): number {
  let advice = 'store a plain object, or create the store with a codec of your own';
  if (value instanceof Map || value instanceof Set) advice = 'store an array of what it holds: [...value]';
  else if (ArrayBuffer.isView(value))
    advice = 'store its bytes: new Uint8Array(v.buffer, v.byteOffset, v.byteLength)';
  else if (value instanceof ArrayBuffer) advice = 'store a Uint8Array over it';
  else if (temporalKind(value) !== undefined) {
    advice = "store its text: toString(), or make it the whole value of a store with valueEncoding 'typed'";
  }
  return refuse(`is ${describe(value)}, which ${rules.format} would not read back as it was: ${advice}`);
}

function refuse(reason: string): number {
  refusal = { path: '', reason };
  return REFUSED;
}

function refuseIn(step: string): number {
  // The path of a cycle has hundreds of steps, which help no reader.
  const path = step + refusal.path;
  refusal.path = path.length > 200 ? `${path.slice(0, 160)}…` : path;
  return REFUSED;
}

function pathOf(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/**
 * An `INVALID_ARGUMENT` error for a value of the wrong type, for encodings that take one type only.
 */
export function wrongValue(value: unknown, format: string, wanted: string): CairnError {
  return invalidArgument(
    'value',
    value === undefined
      ? 'value is undefined, which stands for an absent key: leave the key out'
      : `value is ${describe(value)}, but this store's values are ${format}: pass ${wanted}`,
  );
}
