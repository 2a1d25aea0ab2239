import { CairnError } from '../../errors.ts';
import { textOf, type XmlElement } from './xml.ts';

/**
 * The time in an element, in milliseconds since 1970. It must be there: what has none would be taken for old.
 */
export function timeIn(element: XmlElement, field: string, entry: string, uri: string): number {
  const time = Date.parse(textOf(element, field) ?? '');
  if (Number.isNaN(time)) throw senselessListing(uri, `${entry} has no ${field}`);
  return time;
}

/** The whole number in an element. @throws {CairnError} `IO` when there is none. */
export function numberIn(element: XmlElement, field: string, entry: string, uri: string): number {
  const text = textOf(element, field) ?? '';
  if (!/^\d+$/.test(text)) throw senselessListing(uri, `${entry} has no ${field}`);
  return Number(text);
}

/** The error for a listing that says what can't be. */
export function senselessListing(uri: string, why: string, cause?: unknown): CairnError {
  const details = { uri, operation: 'list', transient: false, cause };
  return new CairnError('IO', `list of ${uri}: the storage's answer makes no sense: ${why}`, details);
}
