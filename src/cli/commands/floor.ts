import { invalidArgument } from '../../errors.ts';
import { compareKeys } from '../../node/index.ts';
import { KeyText } from '../../text/key-text.ts';
import { openReader } from '../stores/open-reader.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { printEntry } from '../terminal/print-entries.ts';
import type { FloorArgs } from '../usage/read.ts';

/** Prints the entry with the greatest key that is not greater than the one given. */
export async function runFloor(args: FloorArgs, io: Io): Promise<number> {
  await using reader = await openReader(args.store, args);
  const keyText = new KeyText(reader.info, args.keyFormat);
  const key = keyText.parse(args.key);
  const entry = await reader.floor(key);
  if (entry === undefined) {
    io.stderr.write(`cairn: ${args.store} has no key up to ${JSON.stringify(args.key)}\n`);
    return EXIT.absent;
  }
  const end = args.until === undefined ? undefined : endOf(entry, args.until, keyText);
  if (end !== undefined && compare(key, end) > 0) {
    const range = `from ${keyText.format(entry[0])} to ${keyText.format(end)}`;
    io.stderr.write(`cairn: ${args.store} has nothing at ${args.key}: the range before it is ${range}\n`);
    return EXIT.absent;
  }
  await printEntry(entry, reader.info, keyText, args, io);
  return EXIT.ok;
}

const compare = compareKeys as (a: unknown, b: unknown) => number;

/** The last key of the range that an entry describes, from a member of its value. @throws {CairnError} `INVALID_ARGUMENT`. */
function endOf([key, value]: readonly [unknown, unknown], member: string, keys: KeyText): unknown {
  const end: unknown =
    typeof value === 'object' && value !== null && Object.hasOwn(value, member)
      ? (value as Readonly<Record<string, unknown>>)[member]
      : undefined;
  if (typeof end === 'string') return keys.parse(end);
  if (typeof end === 'number' || typeof end === 'bigint' || end instanceof Uint8Array) return end;
  throw invalidArgument(
    'until',
    `the value of ${keys.format(key)} has no member ${JSON.stringify(member)} that could end a range of keys`,
  );
}
