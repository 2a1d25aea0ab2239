import * as fc from 'fast-check';
import type { EntryBatch, InvalidEntry } from '../../src/text/entry-batch.ts';
import { runStages } from './stage.ts';

/** Sizes by which {@link cut} splits an input into chunks. */
export const chunkSizes: fc.Arbitrary<number[]> = fc.array(fc.integer({ min: 1, max: 9 }), {
  minLength: 1,
  maxLength: 8,
});

/** Makes the stages that read an input. */
export type EntryParser = (
  onInvalid: (invalid: InvalidEntry) => void,
) => readonly ((input: never) => unknown)[];

/** What reading an input found: key, value, place and line of each entry, and the problems. */
export interface Reading {
  readonly entries: [unknown, unknown, number, number?][];
  readonly invalid: InvalidEntry[];
}

/** Reads the entries of chunks. A final problem ends the reading. */
export function readEntries(parser: EntryParser, chunks: readonly Uint8Array[]): Reading {
  const invalid: InvalidEntry[] = [];
  const entries: Reading['entries'] = [];
  try {
    for (const { keys, values, places, lines } of runStages<EntryBatch>(
      parser((one) => invalid.push(one)),
      chunks,
    )) {
      for (const [i, key] of keys.entries()) {
        entries.push(
          lines === undefined ? [key, values[i], places[i]] : [key, values[i], places[i], lines[i]],
        );
      }
    }
  } catch (error) {
    if (!invalid.some(({ final }) => final)) throw error;
  }
  return { entries, invalid };
}
