import { InvalidArgumentError } from 'commander';

const BYTE_UNITS: Readonly<Record<string, number>> = { '': 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** A size on the command line, such as 65536, 64k or 64MiB: units are powers of 1024. */
export function parseByteCount(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([kmg])(?:i?b)?|b)?$/i.exec(text);
  const bytes = match ? Number(match[1]) * BYTE_UNITS[(match[2] ?? '').toLowerCase()] : Number.NaN;
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new InvalidArgumentError('Write a number of bytes such as 65536, 64k or 64MiB.');
}

const DURATION_UNITS_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** A duration on the command line, such as 30m, 2h, 1d or 0, in milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([smhdw])$/.exec(text);
  if (match) return Number(match[1]) * DURATION_UNITS_MS[match[2]];
  if (/^0+$/.test(text)) return 0;
  throw new InvalidArgumentError('Write a duration such as 30m, 2h, 1d, or 0.');
}

/** A count on the command line. */
export function parseCount(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(count)) return count;
  throw new InvalidArgumentError('Write a whole number, 0 or more.');
}

/** Bytes for people: 312 B, 4.1 kB, 45.2 MB. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes;
  for (const unit of ['kB', 'MB', 'GB']) {
    value /= 1000;
    if (value < 999.95) return `${value.toFixed(1)} ${unit}`;
  }
  return `${(value / 1000).toFixed(1)} TB`;
}

/** A duration for people: 12 s, 3 min, 5 h, 2 d. */
export function formatDuration(durationMs: number): string {
  const seconds = durationMs / 1000;
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** A count of things: 1 entry, 2 entries, 251,628 entries. */
export function formatCount(count: number, one: string, several: string): string {
  return `${formatNumber(count)} ${count === 1 ? one : several}`;
}

/** A number with a comma between thousands. */
export function formatNumber(number: number): string {
  return String(number).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/**
 * A rate for people, after a comma: `, 12,000 entries/s`; empty if the work took less than a second, in which no rate means
 * anything. `format` writes what was done in one second.
 */
export function formatRate(done: number, durationMs: number, format: (perSecond: number) => string): string {
  return durationMs < 1000 ? '' : `, ${format(Math.round((done * 1000) / durationMs))}/s`;
}
