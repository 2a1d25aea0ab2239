import type { VersionInfo } from '../../collection/collection.ts';
import { openAnyCollection } from '../../collection/open-any-collection.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';
import type { HistoryArgs } from '../usage/collections.ts';

/** Prints the versions of a collection that are kept, the newest first. */
export async function runHistory(args: HistoryArgs, io: Io): Promise<number> {
  const { limit = Number.POSITIVE_INFINITY } = args;
  await using collection = await openAnyCollection(args.collection, { readOnly: true });
  const versions: VersionInfo[] = [];
  if (limit > 0) {
    for await (const version of collection.versions()) {
      versions.push(version);
      if (versions.length >= limit) break;
    }
  }
  const output = new Output(io.stdout);
  if (args.json === true) {
    for (const version of versions) await output.write(`${JSON.stringify(version)}\n`);
  } else if (versions.length > 0) {
    const rows = versions.map(({ version, cause, sets, deletes, generations }) => [
      `${version}`,
      cause,
      `${sets}`,
      `${deletes}`,
      `${generations}`,
    ]);
    const right = ['version', 'sets', 'deletes', 'generations'];
    await output.write(formatTable(['version', 'cause', 'sets', 'deletes', 'generations'], rows, right));
  }
  await output.finish();
  return EXIT.ok;
}
