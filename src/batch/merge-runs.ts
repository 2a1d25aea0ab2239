import { loadCompressor } from '../compression/compressors.ts';
import { HOST } from '../io/host.ts';
import type { StoreDraft } from '../store/manifest/store-draft.ts';
import type { EncodedRange } from '../store/read/range.ts';
import { StoreBuilder } from '../store/write/store-builder.ts';
import { checkWriteOptions } from '../store/write/write-options.ts';
import type { JobDirectory } from './job-directory.ts';
import { MAX_RUN_BYTES, type RunRecord } from './open-runs.ts';
import { type RunInput, takeRuns } from './run-input.ts';
import { writeNumber } from './shuffle-key.ts';

/**
 * Merges a range of runs until there are few enough to be open at once: neighbours, so that equal keys keep their order.
 *
 * @param draft gets the files of merged runs; abandon it to remove them.
 */
export async function mergeRuns(
  directory: JobDirectory,
  records: readonly RunRecord[],
  range: EncodedRange,
  { most, draft }: { readonly most: number; readonly draft: StoreDraft },
): Promise<readonly RunRecord[]> {
  let left = records;
  while (left.length > most) {
    const merged: RunRecord[] = [];
    // As even as may be: a single run would be copied for nothing.
    const groups = Math.ceil(left.length / most);
    for (let group = 0; group < groups; group++) {
      const [from, end] = [group, group + 1].map((i) => Math.floor((left.length * i) / groups));
      merged.push(await mergeGroup(directory, left.slice(from, end), range, draft));
    }
    left = merged;
  }
  return left;
}

async function mergeGroup(
  directory: JobDirectory,
  records: readonly RunRecord[],
  range: EncodedRange,
  draft: StoreDraft,
): Promise<RunRecord> {
  const { blockBytes } = checkWriteOptions({});
  const builder = await StoreBuilder.create(draft, {
    keyEncoding: 'binary',
    valueEncoding: 'binary',
    compressor: await loadCompressor('none'),
    partitionBytes: MAX_RUN_BYTES,
    blockBytes,
    hashIndex: false,
    attemptId: HOST.uniqueName(),
  });
  let number = 0;
  const put = ({ bytes, keyStart, keyEnd, partEnd, valueEnd }: RunInput): Promise<void> | undefined => {
    const { key } = builder;
    key.setRange(bytes, keyStart, partEnd);
    // Each run has counted for itself.
    key.length = writeNumber(number++, key.bytes, key.length);
    return builder.add(bytes.subarray(keyEnd, valueEnd));
  };
  await takeRuns(directory, records, range, put);
  return builder.finish();
}
