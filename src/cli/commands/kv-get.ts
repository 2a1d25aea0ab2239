import { kvEntryJson } from '../../namespace/kv-entry.ts';
import { openKv } from '../stores/open-namespaces.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import type { KvGetArgs } from '../usage/namespaces.ts';

/** Prints the value of a key. */
export async function runKvGet(args: KvGetArgs, io: Io): Promise<number> {
  await using namespaces = await openKv(args, io, { readOnly: true });
  const namespace = namespaces.namespace(args.namespace);
  const entry =
    args.inherit === true
      ? await namespaces.resolve(args.namespace, args.key)
      : await namespace.entry(args.key, { includeExpired: true });
  if (entry === undefined || entry.isExpired === true) {
    const where = `key '${args.key}' in namespace '${args.namespace}'`;
    const what =
      entry === undefined ? `No value found for ${where}` : `The requested value has expired: ${where}`;
    io.stderr.write(`cairn: ${what}\n`);
    return EXIT.absent;
  }
  const output = new Output(io.stdout);
  await output.write(`${args.json === true ? kvEntryJson(entry) : entry.text}\n`);
  await output.finish();
  return EXIT.ok;
}
