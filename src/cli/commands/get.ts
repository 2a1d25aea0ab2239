import { formatJsonValue } from '../../text/json-text.ts';
import { KeyText } from '../../text/key-text.ts';
import { openReader } from '../stores/open-reader.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import type { GetArgs } from '../usage/read.ts';
import { formatValue, visibly } from '../words/value-text.ts';

/** From this number of keys on, blocks are cached: one look-up probably reads what another needs. */
const MANY_KEYS = 32;

/** Prints the values of keys, one a line. */
export async function runGet(args: GetArgs, io: Io): Promise<number> {
  const { store, keys, hex = false, json = false } = args;
  await using reader = await openReader(store, {
    version: args.version,
    ...(keys.length < MANY_KEYS ? {} : { cacheBytes: 256 * 1024 * 1024 }),
  });
  const { valueEncoding } = reader.info;
  const keyText = new KeyText(reader.info, args.keyFormat);
  const parsed = keys.map((key) => keyText.parse(key));
  const values = await reader.getMany(parsed);
  const output = new Output(io.stdout, { optional: true });
  // One value that is bytes goes to a file or pipe exactly as it is.
  const raw =
    keys.length === 1 && !hex && !json && io.stdout.isTTY !== true && values[0] instanceof Uint8Array;
  let missing = 0;
  for (const [i, value] of values.entries()) {
    if (value === undefined) {
      missing++;
      io.stderr.write(`cairn: ${store} has no key ${JSON.stringify(keys[i])}\n`);
      if (json) await output.write(`{"key":${keyText.formatJson(parsed[i])},"found":false}\n`);
    } else if (json) {
      await output.write(
        `{"key":${keyText.formatJson(parsed[i])},"found":true,"value":${formatJsonValue(value, valueEncoding)}}\n`,
      );
    } else if (raw) {
      await output.write(value as Uint8Array);
    } else {
      const text = formatValue(value, { valueEncoding, hex });
      await output.write(`${io.stdout.isTTY === true ? visibly(text) : text}\n`);
    }
  }
  await output.finish();
  return missing === 0 ? EXIT.ok : EXIT.absent;
}
