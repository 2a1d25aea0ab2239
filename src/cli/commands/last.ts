import { printFound } from '../stores/print-found.ts';
import type { Io } from '../terminal/io.ts';
import type { LastArgs } from '../usage/read.ts';

/** Prints the entry with the greatest key. */
export function runLast(args: LastArgs, io: Io): Promise<number> {
  return printFound(args, io, (reader) => reader.last(), 'is empty');
}
