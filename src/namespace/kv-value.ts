import { loadTemporal, type TemporalClasses } from '../codec/temporal.ts';
import { temporalValue } from './kv-text.ts';
import type { KvText, KvType, KvValue } from './kv-type.ts';

/** Returns the value of a stored text. Waits only where Temporal is to be loaded. */
export async function kvValueOf(found: KvText): Promise<KvValue> {
  return kvValue(found, isDated(found.type) ? await loadTemporal() : undefined);
}

/** @param temporal may be missing for types that have nothing to do with time. */
export function kvValue({ type, text }: KvText, temporal: TemporalClasses | undefined): KvValue {
  if (type === 'STRING') return text;
  if (type === 'NUMBER') return numberOf(text);
  if (type === 'BOOLEAN') return text === 'true';
  if (type === 'JSON') return JSON.parse(text) as KvValue;
  return temporalValue(type, text, temporal as TemporalClasses);
}

/**
 * Returns the value as JSON text, with all digits that were written: of a STRING, DATE, DATETIME and
 * DURATION in quotes, of everything else the text itself.
 *
 * @example
 * ```ts
 * import { kvJson } from 'cairnkv/namespace';
 *
 * console.log(kvJson({ type: 'NUMBER', text: '1.50' }), kvJson({ type: 'DATE', text: '2021-09-01' })); // 1.50 "2021-09-01"
 * ```
 */
export function kvJson({ type, text }: KvText): string {
  return type === 'STRING' || isDated(type) ? JSON.stringify(text) : text;
}

function isDated(type: KvType): boolean {
  return type === 'DATETIME' || type === 'DATE' || type === 'DURATION';
}

/** A number, or a bigint where it is an integer that a number does not hold. */
function numberOf(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) || !/^-?\d+$/.test(text) ? number : BigInt(text);
}
