import { Buffer } from 'node:buffer';
import fc from 'fast-check';

/** Values that every codec for values of all kinds must refuse, with a piece of the message that says why. */
export function refusedEverywhere(): [what: string, value: unknown, message: string][] {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const arrayCycle: unknown[] = [];
  arrayCycle.push([arrayCycle]);
  class Point {
    x = 1;
  }
  return [
    ['undefined', undefined, 'value is undefined'],
    ['undefined in an array', [1, undefined], 'value[1] is undefined'],
    ['undefined in an object', { a: { b: undefined } }, 'value.a.b is undefined'],
    ['a hole', [new Array(1)], 'value[0][0] is a hole'],
    ['a hole at the end', Object.assign(['a'], { length: 2 }), 'value[1] is a hole'],
    ['a function', { f: () => 1 }, 'value.f is a function'],
    ['a symbol', [Symbol('s')], 'value[0] is a symbol'],
    ['a symbol as key', { a: { [Symbol('s')]: 1 } }, 'value.a has a symbol among its keys'],
    [
      'a symbol as key of an array',
      Object.assign([1], { [Symbol('s')]: 1 }),
      'value has a symbol among its keys',
    ],
    [
      'a hidden property',
      Object.defineProperty({ a: 1 }, 'b', { value: 2 }),
      'value has a property that is not enumerable',
    ],
    [
      'an array with a property',
      { m: Object.assign([1, 2], { index: 0 }) },
      'value.m is an array with properties',
    ],
    ['the match of a regular expression', /b/.exec('abc'), 'value is an array with properties'],
    ['a Map', { a: [new Map([[1, 2]])] }, 'value.a[0] is a Map'],
    ['a Set', new Set([1]), 'value is a Set'],
    ['a WeakMap', new WeakMap(), 'value is a WeakMap'],
    ['a regular expression', /x/, 'value is a RegExp'],
    ['an error', new Error('x'), 'value is an Error'],
    ['a promise', Promise.resolve(1), 'value is a Promise'],
    ['an instance of a class', { p: new Point() }, 'value.p is a Point'],
    ['an object that inherits', Object.create({ a: 1 }), 'value is an object'],
    [
      'an object that inherits from one without a prototype',
      Object.create(Object.create(null)),
      'value is an object',
    ],
    ['a boxed number', new Number(1), 'value is a Number'],
    ['a boxed string', [new String('a')], 'value[0] is a String'],
    ['a subclass of Array', new (class List extends Array {})(), 'value is an array'],
    ['an array without a prototype', Object.setPrototypeOf([1], null), 'value is an array'],
    ['an Int8Array', new Int8Array(2), 'value is an Int8Array'],
    ['a Float64Array', [new Float64Array(2)], 'value[0] is a Float64Array'],
    ['a Uint8ClampedArray', new Uint8ClampedArray(1), 'value is a Uint8ClampedArray'],
    ['a DataView', new DataView(new ArrayBuffer(1)), 'value is a DataView'],
    ['an ArrayBuffer', new ArrayBuffer(1), 'value is an ArrayBuffer'],
    ['an invalid Date', { when: new Date(NaN) }, 'value.when is an invalid Date'],
    ['a subclass of Date', new (class Day extends Date {})(0), 'value is a Day'],
    ['arguments', argumentsOf(1, 2), 'value has a property that is not enumerable'],
    ['a cycle', cycle, 'value.self.self.self'],
    ['a cycle of arrays', { arrayCycle }, 'contains itself'],
    ['257 arrays in each other', nested(257), 'is more than 256 arrays and objects deep'],
    ['257 objects in each other', nestedObjects(257), 'is more than 256 arrays and objects deep'],
    ['an odd key on the way', { 'a b': { '\n': [undefined] } }, 'value["a b"]["\\n"][0] is undefined'],
  ];
}

function argumentsOf(..._values: number[]): unknown {
  // biome-ignore lint/complexity/noArguments: an arguments object is what is wanted.
  return arguments;
}

/** `depth` arrays in each other, the innermost of them empty. */
export function nested(depth: number): unknown {
  let value: unknown = [];
  for (let level = 1; level < depth; level++) value = [value];
  return value;
}

/** `depth` objects in each other, the innermost of them empty. */
export function nestedObjects(depth: number): unknown {
  let value: unknown = {};
  for (let level = 1; level < depth; level++) value = { a: value };
  return value;
}

const someKeys: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'id',
    'name',
    '0',
    '10',
    '-1',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'length',
  ),
  fc.constantFrom(
    '\ufeff',
    '\ufeffkey',
    'é',
    '😀',
    'x'.repeat(24),
    'x'.repeat(25),
    `\ufeff${'k'.repeat(300)}`,
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

/** Objects with own keys of all kinds, `__proto__` among them, which a plain assignment would lose. */
function objectOf(values: fc.Arbitrary<unknown>): fc.Arbitrary<object> {
  return fc.array(fc.tuple(someKeys, values), { maxLength: 6 }).map((entries) => Object.fromEntries(entries));
}

export const someText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    '',
    '\0',
    '\ufeff',
    '\ufeffa',
    `\ufeff${'a'.repeat(500)}`,
    'é'.repeat(200),
    '\ufffd',
    '😀',
    'x'.repeat(70_000),
  ),
);

const jsonLeaf: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, true, false),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
  fc.constantFrom(
    ...[7, 8, 15, 16, 31, 32, 33, 53, 54, 63, 64, 1023].flatMap((power) => [
      2 ** power,
      2 ** power - 1,
      -(2 ** power),
      -(2 ** power) - 1,
    ]),
  ),
  someText,
);

const msgpackLeaf: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: jsonLeaf },
  { weight: 1, arbitrary: fc.constantFrom(-0, NaN, Infinity, -Infinity, Number.MIN_VALUE, Number.MAX_VALUE) },
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, 1n, -1n, 2n ** 63n, 2n ** 64n - 1n, -(2n ** 63n)),
  { weight: 1, arbitrary: fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n }) },
  fc.uint8Array({ maxLength: 300 }),
  fc.date({ noInvalidDate: true }),
  fc.constantFrom(
    ...[0, 1, -1, 999, -999, 1000, 2 ** 32 * 1000, 2 ** 34 * 1000, 2 ** 34 * 1000 - 1, 8.64e15, -8.64e15].map(
      (time) => new Date(time),
    ),
  ),
);

function tree(leaf: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { weight: 3, arbitrary: leaf },
      { weight: 2, arbitrary: fc.array(tie('tree'), { maxLength: 20 }) },
      { weight: 2, arbitrary: objectOf(tie('tree')) },
    ),
  })).tree;
}

/** What JSON keeps. */
export const jsonValue: fc.Arbitrary<unknown> = tree(jsonLeaf);
/** What MessagePack keeps. */
export const msgpackValue: fc.Arbitrary<unknown> = tree(msgpackLeaf);

/** Calls `decode`; throws unless it returns, or throws an error of a kind that a decoder may throw. */
export function outcome(decode: () => unknown): { value: unknown } | undefined {
  try {
    return { value: decode() };
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError || error instanceof SyntaxError)
      return undefined;
    throw error;
  }
}

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
