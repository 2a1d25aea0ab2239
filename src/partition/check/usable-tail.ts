import { type Checksum, hex64 } from '../../bytes/checksum.ts';
import { corruption, type Place } from '../../bytes/corruption.ts';
import { loadDecompressors } from '../../compression/compressions.ts';
import { isCairnError } from '../../errors.ts';
import { FOOTER } from '../../format/layout.ts';
import type { ByteSource } from '../../io/byte-source.ts';
import { describePartition } from '../describe-partition.ts';
import { PartitionFile } from '../partition-file.ts';
import type { PartitionRecord } from '../partition-record.ts';
import type { PartitionTail } from '../partition-tail.ts';
import { ReadCounter } from '../read-counter.ts';
import type { FlipSearch } from './bit-flip-search.ts';
import { examineTail } from './diagnose-tail.ts';
import type { CheckLog } from './partition-check.ts';
import { keysOf, problemOf, type VerifyProblem } from './verify-problem.ts';

/** Makes a partition file of a source; the caller knows the rest that it takes. */
export type OpenPartition = (source: ByteSource, record: PartitionRecord) => PartitionFile;

/** What is needed to find the tail of a partition. */
export interface TailTools {
  readonly checksum: Checksum;
  readonly flips: FlipSearch;
  readonly log: CheckLog;
  readonly open: OpenPartition;
  readonly signal: AbortSignal | undefined;
}

/** A tail that can be gone by, and the file to read blocks by it. */
interface UsableTail {
  readonly file: PartitionFile;
  readonly tail: PartitionTail;
  readonly propertiesRight: boolean;
}

/**
 * The tail as the manifest describes it; of a file that is whole in itself and is described otherwise, by what it says of
 * itself, after each difference has been reported; else what is usable of it.
 */
export async function describedTail(
  source: ByteSource,
  record: PartitionRecord,
  tools: TailTools,
): Promise<UsableTail | undefined> {
  const { checksum, log, open, signal } = tools;
  const file = open(source, record);
  try {
    return { file, tail: await file.readTail(signal), propertiesRight: true };
  } catch (error) {
    if (!isCairnError(error, 'CORRUPTION')) throw error;
  }
  const itself = await ownDescription(source, record.name, checksum, signal);
  if (itself === undefined) return usableTail(source, record, tools);
  const { own, bytes } = itself;
  for (const problem of differencesOf(source, record, own)) log.problem(problem);
  // All of another file is other: there is nothing in it that belongs to the store.
  if (isAnother(record, own)) return undefined;
  const decompressors = await loadDecompressors([own.compression]);
  const described = new PartitionFile(source, own, checksum, decompressors, new ReadCounter());
  return { file: described, tail: described.acceptTail(bytes), propertiesRight: true };
}

/** What a file says of itself, with its tail, if that is sound. */
async function ownDescription(
  source: ByteSource,
  name: string,
  checksum: Checksum,
  signal: AbortSignal | undefined,
): Promise<{ own: PartitionRecord; bytes: Uint8Array } | undefined> {
  try {
    const { record, tail } = await describePartition({ uri: source.name, name, source }, checksum, signal);
    return { own: record, bytes: tail };
  } catch (error) {
    if (isCairnError(error, 'CORRUPTION', 'NOT_A_STORE', 'UNSUPPORTED_FORMAT')) return undefined;
    throw error;
  }
}

function isAnother(record: PartitionRecord, own: PartitionRecord): boolean {
  return record.tailChecksum !== own.tailChecksum && record.contentSum !== own.contentSum;
}

/** All that a manifest says otherwise of a sound file, except what the file's properties say. */
function differencesOf(
  { name: file, size }: ByteSource,
  record: PartitionRecord,
  own: PartitionRecord,
): VerifyProblem[] {
  const atFooter = { file, section: 'footer', offset: size - FOOTER.length };
  const problems: VerifyProblem[] = [];
  const compare = (place: Place, at: number, what: string, expected: string, actual: string): void => {
    if (expected === actual) return;
    const error = corruption(place, at, what, expected, actual);
    problems.push(problemOf(error, file, { keys: keysOf(record) }));
  };
  compare(
    { file, section: 'file', offset: 0 },
    Math.min(size, record.bytes),
    'the file was cut, extended or replaced',
    `${record.bytes} bytes`,
    `${size} bytes`,
  );
  compare(
    { file, section: 'tail', offset: size - own.tailBytes },
    0,
    'the file is not the one that the manifest names, but of another build',
    hex64(record.tailChecksum),
    hex64(own.tailChecksum),
  );
  if (isAnother(record, own)) return problems;
  const disagree = (name: 'count' | 'dataBytes' | 'hashBytes' | 'tailBytes', field: string): void => {
    const at = FOOTER.fields.find((each) => each.name === field)?.offset ?? 0;
    const what = `the manifest and the partition disagree about ${name}`;
    compare(atFooter, at, what, `${record[name]}`, `${own[name]}`);
  };
  disagree('count', 'entries');
  disagree('dataBytes', 'dataBytes');
  disagree('hashBytes', 'hashLength');
  disagree('tailBytes', 'indexOffset');
  return problems;
}

/** The tail, if footer and sparse index are right or could be mended; and the file to read blocks by it. */
export async function usableTail(
  source: ByteSource,
  record: PartitionRecord,
  { checksum, flips, log, open, signal }: TailTools,
): Promise<UsableTail | undefined> {
  const keys = keysOf(record);
  const file = open(source, record);
  try {
    return { file, tail: await file.readTail(signal), propertiesRight: true };
  } catch (error) {
    const problem = problemOf(error, source.name, { keys });
    if (!isCairnError(error, 'CORRUPTION') || source.size < record.bytes) {
      log.problem(problem);
      return undefined;
    }
    if (source.size > record.bytes) {
      // The file may be there and something behind it.
      log.problem(problem);
      const start = startOf(source, record.bytes);
      const found = await usableTail(start, record, { checksum, flips, log, open, signal });
      return found;
    }
    const bytes = new Uint8Array(record.tailBytes);
    await source.read(source.size - bytes.length, bytes, signal);
    const found = await examineTail(bytes, source, record.tailChecksum, checksum, flips);
    if (found.problems.length === 0) log.problem(problem);
    for (const { error: one, flipped } of found.problems) {
      log.problem(problemOf(one, source.name, flipped === undefined ? { keys } : { keys, flipped }));
    }
    if (found.bytes === undefined) return undefined;
    const mended = open(source, { ...record, tailChecksum: checksum.hash(found.bytes) });
    return { file: mended, tail: mended.acceptTail(found.bytes), propertiesRight: found.propertiesRight };
  }
}

/** The first bytes of a source as a source. */
function startOf(source: ByteSource, size: number): ByteSource {
  const { name, remote } = source;
  return {
    name,
    size,
    ...(remote === undefined ? {} : { remote }),
    read: (offset, target, signal) => source.read(offset, target, signal),
    close: async () => undefined,
  };
}
