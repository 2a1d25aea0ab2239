import { printFound } from '../stores/print-found.ts';
import type { Io } from '../terminal/io.ts';
import type { FirstArgs } from '../usage/read.ts';

/** Prints the entry with the smallest key. */
export function runFirst(args: FirstArgs, io: Io): Promise<number> {
  return printFound(args, io, (reader) => reader.first(), 'is empty');
}
