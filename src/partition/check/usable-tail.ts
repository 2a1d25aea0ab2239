import { type Checksum, hex64 } from '../../bytes/checksum.ts';
import { corruption, type Region } from '../../bytes/corruption.ts';
import { isCairnError } from '../../errors.ts';
import { FOOTER } from '../../format/layout.ts';
import type { ByteSource } from '../../io/byte-source.ts';
import { describePartition } from '../describe-partition.ts';
import { PartitionFile } from '../partition-file.ts';
import type { PartitionRecord } from '../partition-record.ts';
import type { PartitionTail } from '../partition-tail.ts';
import type { ReadCounter } from '../read-counter.ts';
import type { FlipSearch } from './bit-flip-search.ts';
import { diagnoseTail } from './diagnose-tail.ts';
import type { CheckObserver } from './partition-check.ts';
import { keysOf, problemOf, type VerifyProblem } from './verify-problem.ts';

/** What is needed to find the tail of a partition. */
export interface TailTools {
  readonly checksum: Checksum;
  readonly flips: FlipSearch;
  readonly observer: CheckObserver;
  readonly counter: ReadCounter;
  readonly signal: AbortSignal | undefined;
}

/** A trustworthy tail, and the file opened with it. */
interface UsableTail {
  readonly file: PartitionFile;
  readonly tail: PartitionTail;
  readonly propertiesRight: boolean;
}

/**
 * Returns the tail as the manifest describes it. If the file is sound and differs from that description, reports each
 * difference and returns the tail as the file describes itself; otherwise returns what {@link usableTail} finds.
 */
export async function describedTail(
  source: ByteSource,
  record: PartitionRecord,
  tools: TailTools,
): Promise<UsableTail | undefined> {
  const { checksum, counter, observer, signal } = tools;
  const file = await PartitionFile.open(source, record, checksum, counter);
  try {
    return { file, tail: await file.readTail(signal), propertiesRight: true };
  } catch (error) {
    if (!isCairnError(error, 'CORRUPTION')) throw error;
  }
  const itself = await ownDescription(source, record.name, checksum, signal);
  if (itself === undefined) return usableTail(source, record, tools);
  const { own, bytes } = itself;
  for (const problem of differencesOf(source, record, own)) observer.problem(problem);
  // Nothing in a file of another build belongs to the store.
  if (isAnother(record, own)) return undefined;
  const described = await PartitionFile.open(source, own, checksum, counter);
  return { file: described, tail: described.acceptTail(bytes), propertiesRight: true };
}

/** Returns the file's own description, with its tail, if that is sound. */
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

/** Returns the differences between a sound file and the manifest, except those about the file's properties. */
function differencesOf(
  { name: file, size }: ByteSource,
  record: PartitionRecord,
  own: PartitionRecord,
): VerifyProblem[] {
  const atFooter = { file, section: 'footer', offset: size - FOOTER.length };
  const problems: VerifyProblem[] = [];
  const compare = (region: Region, at: number, what: string, expected: string, actual: string): void => {
    if (expected === actual) return;
    const error = corruption(region, what, { at, expected, actual });
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
    'the manifest names another build of the file',
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

/** Returns the tail, if footer and sparse index are right or could be repaired, and the file opened with it. */
export async function usableTail(
  source: ByteSource,
  record: PartitionRecord,
  tools: TailTools,
): Promise<UsableTail | undefined> {
  const { checksum, counter, flips, observer, signal } = tools;
  const keys = keysOf(record);
  const file = await PartitionFile.open(source, record, checksum, counter);
  try {
    return { file, tail: await file.readTail(signal), propertiesRight: true };
  } catch (error) {
    const problem = problemOf(error, source.name, { keys });
    if (!isCairnError(error, 'CORRUPTION') || source.size < record.bytes) {
      observer.problem(problem);
      return undefined;
    }
    if (source.size > record.bytes) {
      // The file may be there, with something after it.
      observer.problem(problem);
      return usableTail(startOf(source, record.bytes), record, tools);
    }
    const bytes = new Uint8Array(record.tailBytes);
    await source.read(source.size - bytes.length, bytes, signal);
    const found = await diagnoseTail(bytes, source, record.tailChecksum, checksum, flips);
    if (found.problems.length === 0) observer.problem(problem);
    for (const { error: one, flipped } of found.problems) {
      observer.problem(problemOf(one, source.name, flipped === undefined ? { keys } : { keys, flipped }));
    }
    if (found.bytes === undefined) return undefined;
    const tailChecksum = checksum.hash(found.bytes);
    const repaired = await PartitionFile.open(source, { ...record, tailChecksum }, checksum, counter);
    return { file: repaired, tail: repaired.acceptTail(found.bytes), propertiesRight: found.propertiesRight };
  }
}

/** Returns the first bytes of a source as a source. */
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
