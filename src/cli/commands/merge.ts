import { invalidArgument } from '../../errors.ts';
import {
  CairnError,
  deleteStore,
  isCairnError,
  type MergeOptions,
  mergeStore,
  mergeStores,
  type StoreInfo,
  storeInfo,
} from '../../node/index.ts';
import { formatInfoJson } from '../../text/info-json.ts';
import { storeExists } from '../stores/store-exists.ts';
import { keyQuoter } from '../stores/stored-keys.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { Progress } from '../terminal/progress.ts';
import type { MergeArgs } from '../usage/write.ts';
import { formatBytes, formatCount } from '../words/quantity.ts';

/** Merges stores into a new one, or, if they are to move, also into one that is there. */
export async function runMerge(args: MergeArgs, io: Io): Promise<number> {
  const sources = args.stores.slice(0, -1);
  const to = args.stores.at(-1);
  if (to === undefined || sources.length === 0) {
    throw invalidArgument('stores', 'merge takes at least two stores: what to merge, and where to');
  }
  const progress = new Progress(io, 'merging', { quiet: args.quiet === true });
  const info = await merge(sources, to, args, io.interrupts(), progress)
    .catch(async (error: unknown) => {
      throw await withShownKey(error, to, sources[0]);
    })
    .finally(() => progress.end());
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

async function merge(
  sources: readonly string[],
  to: string,
  { move = false, replace = false, onDuplicate }: MergeArgs,
  signal: AbortSignal,
  progress: Progress,
): Promise<StoreInfo> {
  const onProgress: MergeOptions['onProgress'] = (done) => progress.report(done);
  const options = { onDuplicate: onDuplicate ?? 'error', signal, onProgress } as const;
  if (!move || !(await storeExists(to))) {
    const info = await mergeStores(sources, to, { ...options, replace });
    if (move) for (const source of sources) await deleteStore(source);
    return info;
  }
  for (const source of sources) await mergeStore(source, to, options);
  return storeInfo(to);
}

/** Shows the key that is in several stores as their other keys. */
async function withShownKey(error: unknown, ...stores: readonly string[]): Promise<unknown> {
  if (!isCairnError(error, 'DUPLICATE_KEY') || error.key === undefined) return error;
  for (const store of stores) {
    if (!(await storeExists(store))) continue;
    const shown = keyQuoter(await storeInfo(store))(error.key);
    return new CairnError(
      error.code,
      `the key ${shown} is in more than one store. Say which entry stays with --on-duplicate first or last`,
      { key: error.key, cause: error },
    );
  }
  return error;
}
