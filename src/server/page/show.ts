import { digitsOf, type StoreSummary } from './api.ts';

const PREVIEW_CHARACTERS = 300;

const numbers = new Intl.NumberFormat('en');

/** `1,234,567` */
export function showCount(count: number): string {
  return numbers.format(count);
}

/** `1 entry`, `1,234 entries` */
export function showCounted(count: number, one: string, several: string): string {
  return `${showCount(count)} ${count === 1 ? one : several}`;
}

/** `44.0 MB` */
export function showBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let number = bytes;
  let unit = '';
  for (const next of units) {
    number /= 1000;
    unit = next;
    if (number < 1000) break;
  }
  return `${number < 99.95 ? number.toFixed(1) : Math.round(number)}\u00a0${unit}`;
}

/** How much a store or collection holds: `1,234 entries`, `version 3`. */
export function showSize({ kind, count, version }: StoreSummary): string {
  return kind === 'store' ? `${showCount(count ?? 0)} entries` : `version ${version}`;
}

/** What went wrong, in words. */
export function showError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A key as it is shown, and as a query takes it. */
export function keyText(key: unknown): string {
  if (typeof key === 'string') return key;
  const bytes = bytesIn(key);
  if (bytes !== undefined) return `0x${bytes}`;
  if (typeof key === 'object' && key !== null && '$bigint' in key) return String(key.$bigint);
  return JSON.stringify(key);
}

/** One line of a value. */
export function valuePreview(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  const line = text.length > PREVIEW_CHARACTERS ? `${text.slice(0, PREVIEW_CHARACTERS)}…` : text;
  return line.replaceAll(/\s+/g, ' ');
}

/** All of a value, for people. */
export function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
}

/** What kind of value it is. */
export function valueKind(value: unknown): string {
  if (value === null) return 'null';
  if (digitsOf(value) !== undefined) return 'number';
  if (Array.isArray(value)) return `array of ${showCount(value.length)}`;
  const bytes = bytesIn(value);
  if (bytes !== undefined) return `${showCount(bytes.length / 2)} bytes`;
  if (typeof value === 'object') {
    const [tag, ...others] = Object.keys(value);
    return others.length === 0 && tag?.startsWith('$') ? tag.slice(1) : 'object';
  }
  return typeof value === 'string' ? 'text' : typeof value;
}

/** The hex digits of what stands for bytes. */
function bytesIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('$bytes' in value)) return undefined;
  return typeof value.$bytes === 'string' ? value.$bytes : undefined;
}
