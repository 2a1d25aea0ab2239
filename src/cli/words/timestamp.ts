import { InvalidArgumentError } from 'commander';

const RFC_3339_UTC = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,3})?Z$/;

/** A time on the command line, such as 2026-11-20T00:00:00Z, in milliseconds since 1970. */
export function parseTimestamp(text: string): number {
  const match = RFC_3339_UTC.exec(text);
  const timestamp = match ? Date.parse(text) : Number.NaN;
  // Date.parse() takes 30 February for 2 March.
  if (match && !Number.isNaN(timestamp) && formatTimestamp(timestamp).startsWith(match[1])) return timestamp;
  throw new InvalidArgumentError('Write a time in UTC such as 2026-11-20T00:00:00Z.');
}

/** A time of the years 0 to 9999 in RFC 3339, UTC, with milliseconds. */
export function formatTimestamp(timestamp: number): string {
  return new Date(timestamp).toISOString();
}
