import { parseJsonExactly } from './json-text.ts';

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const INTEGER = /^-?\d+$/;

/** Reads a number: as in JSON, or `Infinity` or `-Infinity`. @throws {TypeError | RangeError} */
export function parseNumber(text: string): number {
  if (NUMBER.test(text)) return parseJsonExactly(text) as number;
  if (text === 'Infinity') return Number.POSITIVE_INFINITY;
  if (text === '-Infinity') return Number.NEGATIVE_INFINITY;
  throw new TypeError(`${quote(text)} is not a number: write one such as 42, -1.5 or 6e23`);
}

/** Reads an integer of any size in decimal digits. @throws {TypeError} */
export function parseBigInt(text: string): bigint {
  if (INTEGER.test(text)) return BigInt(text);
  throw new TypeError(`${quote(text)} is not an integer: write decimal digits`);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
