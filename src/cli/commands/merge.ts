import { invalidArgument } from '../../errors.ts';
import {
  deleteStore,
  isCairnError,
  mergeStore,
  mergeStores,
  type StoreInfo,
  storeInfo,
} from '../../node/index.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import type { MergeArgs } from '../usage/write.ts';
import { formatInfoJson } from '../words/info-json.ts';
import { formatBytes, formatCount } from '../words/quantity.ts';

/** Merges stores into a new one, or, if they are to move, also into one that is there. */
export async function runMerge(args: MergeArgs, io: Io): Promise<number> {
  const sources = args.stores.slice(0, -1);
  const to = args.stores.at(-1);
  if (to === undefined || sources.length === 0) {
    throw invalidArgument('stores', 'merge takes at least two stores: what to merge, and where to');
  }
  const options = { onDuplicate: args.onDuplicate ?? 'error', signal: io.interrupts() } as const;
  let info: StoreInfo | undefined;
  if (args.move === true && (await exists(to))) {
    for (const source of sources) info = await mergeStore(source, to, options);
  } else {
    info = await mergeStores(sources, to, options);
    if (args.move === true) for (const source of sources) await deleteStore(source);
  }
  if (info === undefined) return EXIT.ok;
  if (args.quiet !== true) {
    io.stderr.write(
      `merged ${formatCount(sources.length, 'store', 'stores')}: ${formatCount(info.count, 'entry', 'entries')}, ` +
        `${formatBytes(info.bytes)} in ${formatCount(info.partitions.length, 'partition', 'partitions')}\n`,
    );
  }
  if (args.json === true) {
    const output = new Output(io.stdout, { optional: true });
    output.write(`${formatInfoJson(info)}\n`);
    await output.finish();
  }
  return EXIT.ok;
}

async function exists(uri: string): Promise<boolean> {
  try {
    await storeInfo(uri);
    return true;
  } catch (error) {
    if (isCairnError(error, 'NOT_FOUND', 'INCOMPLETE', 'NOT_A_STORE')) return false;
    throw error;
  }
}
