import { asText, invalidArgument } from '../errors.ts';
import type { Counters } from './define-job.ts';

/** Counts by name, of one attempt. */
export class TaskCounters implements Counters {
  // Without a prototype: `constructor` is a name like any other.
  readonly counts: Record<string, number> = Object.create(null);

  add(name: string, count = 1): void {
    if (typeof name !== 'string' || name === '')
      throw invalidArgument('name', 'the name of a counter must be a non-empty string');
    if (!Number.isSafeInteger(count))
      throw invalidArgument('count', `a counter takes integers, not ${asText(count)}`);
    this.counts[name] = (this.counts[name] ?? 0) + count;
  }
}

/** Returns the sums of what attempts have counted. */
export function sumCounts(
  records: readonly { readonly counters: Readonly<Record<string, number>> }[],
): Record<string, number> {
  const sums: Record<string, number> = Object.create(null);
  for (const { counters } of records)
    for (const [name, count] of Object.entries(counters)) sums[name] = (sums[name] ?? 0) + count;
  return { ...sums };
}
