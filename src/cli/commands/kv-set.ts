import { invalidArgument } from '../../errors.ts';
import { parseKvText } from '../../namespace/kv-text.ts';
import { openKv } from '../stores/open-namespaces.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { readText } from '../terminal/read-text.ts';
import type { KvSetArgs } from '../usage/namespaces.ts';

/** Sets a key of a namespace. */
export async function runKvSet(args: KvSetArgs, io: Io): Promise<number> {
  const written = args.file === undefined ? args.value : await readText(args.file, io);
  if (written === undefined) {
    throw invalidArgument('value', 'write the value after the key, or name a file that holds it with -f');
  }
  const { type, text } = await parseKvText(written, args.type);
  await using namespaces = await openKv(args, io);
  const { revision } = await namespaces.namespace(args.namespace).set(args.key, text, {
    type,
    ttl: args.expiration,
    description: args.description,
    overwrite: args.overwrite,
  });
  const output = new Output(io.stdout, { optional: true });
  await output.write(args.json === true ? `${JSON.stringify({ revision })}\n` : `${revision}\n`);
  await output.finish();
  await namespaces.settled();
  return EXIT.ok;
}
