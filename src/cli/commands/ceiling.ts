import { printFound } from '../stores/print-found.ts';
import type { Io } from '../terminal/io.ts';
import type { CeilingArgs } from '../usage/read.ts';

/** Prints the entry with the smallest key that is not smaller than the one given. */
export function runCeiling(args: CeilingArgs, io: Io): Promise<number> {
  const { key } = args;
  return printFound(
    args,
    io,
    (reader, keys) => reader.ceiling(keys.parse(key)),
    `has no key from ${JSON.stringify(key)} on`,
  );
}
