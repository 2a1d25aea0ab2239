import { kvEntryJson } from '../../namespace/kv-entry.ts';
import { openKv } from '../stores/open-namespaces.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';
import type { KvHistoryArgs } from '../usage/namespaces.ts';

/** Longer values are cut in the table: --json has all of them. */
const VALUE_CHARACTERS = 60;

/** Prints the revisions of a key that are kept, the newest first. */
export async function runKvHistory(args: KvHistoryArgs, io: Io): Promise<number> {
  await using namespaces = await openKv(args, io, { readOnly: true });
  const revisions = await namespaces.namespace(args.namespace).history(args.key);
  const output = new Output(io.stdout);
  if (args.json === true) {
    for (const revision of revisions) await output.write(`${kvEntryJson(revision)}\n`);
  } else if (revisions.length > 0) {
    const rows = revisions.map(({ revision, type, updateDate, expirationDate, text }) => [
      `${revision}`,
      type,
      String(updateDate),
      `${expirationDate ?? ''}`,
      shortened(text.replaceAll(/\s+/g, ' ')),
    ]);
    await output.write(formatTable(['revision', 'type', 'updated', 'expires', 'value'], rows, ['revision']));
  }
  await output.finish();
  if (revisions.length > 0) return EXIT.ok;
  io.stderr.write(`cairn: No value found for key '${args.key}' in namespace '${args.namespace}'\n`);
  return EXIT.absent;
}

function shortened(text: string): string {
  return text.length > VALUE_CHARACTERS ? `${text.slice(0, VALUE_CHARACTERS)}…` : text;
}
