import { type Checksum, hex64 } from '../../bytes/checksum.ts';
import { corruption, type Place } from '../../bytes/corruption.ts';
import { toHex } from '../../bytes/hex.ts';
import { isCairnError } from '../../errors.ts';
import { checkHeader, FOOTER, HEADER } from '../../format/layout.ts';
import { decodeProperties, type Properties } from '../../format/properties.ts';
import type { ByteSource } from '../../io/byte-source.ts';
import type { PartitionRecord } from '../../store/manifest/manifest.ts';
import { describePartition } from '../describe-partition.ts';
import { loadDecompressors, PartitionFile, type PartitionTail } from '../partition-file.ts';
import { ReadCounter } from '../read-counter.ts';
import { type FlipSearch, flippedBit } from './bit-flip-search.ts';
import { examineTail, failureOf } from './diagnose-tail.ts';
import { type CheckLog, PartitionCheck } from './partition-check.ts';
import { keysOf, problemOf, type VerifyProblem } from './verify-problem.ts';

/** Makes a partition file of a source; the caller knows the rest that it takes. */
export type OpenPartition = (source: ByteSource, record: PartitionRecord) => PartitionFile;

/** What a manifest says of all its partitions; undefined where it says nothing that could be. */
export interface Encodings {
  readonly keyEncoding: string | undefined;
  readonly valueEncoding: string | undefined;
}

/** What is needed to find the tail of a partition. */
export interface TailTools {
  readonly checksum: Checksum;
  readonly flips: FlipSearch;
  readonly log: CheckLog;
  readonly open: OpenPartition;
  readonly signal: AbortSignal | undefined;
}

/** What is needed to check partitions. */
export interface VerifyTools extends TailTools {
  readonly encodings: Encodings;
}

/**
 * Reads all of a partition and checks everything in it. What is damaged is reported, and the rest is checked as far as it
 * can be without. The source stays open.
 */
export async function verifyPartition(
  source: ByteSource,
  record: PartitionRecord,
  tools: VerifyTools,
): Promise<void> {
  try {
    tools.signal?.throwIfAborted();
    await checkStart(source, tools);
    const found = await describedTail(source, record, tools);
    if (found === undefined) return;
    const { file, tail, propertiesRight } = found;
    tools.log.advance(HEADER.length + file.record.tailBytes, 0, 0);
    const properties = propertiesRight ? checkProperties(tail, record, tools) : undefined;
    const slots = tail.footer.hashLength > 0 ? await readHashIndex(file, tail, tools) : undefined;
    await PartitionCheck.run(file, { tail, properties, slots }, tools.log, tools.flips, tools.signal);
  } catch (error) {
    tools.log.problem(problemOf(error, source.name, { keys: keysOf(record) }));
  }
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
async function describedTail(
  source: ByteSource,
  record: PartitionRecord,
  tools: VerifyTools,
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
    const { manifest, tail } = await describePartition({ uri: source.name, name, source }, checksum, signal);
    return { own: manifest.partitions[0], bytes: tail };
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

async function checkStart(source: ByteSource, { checksum, flips, log, signal }: VerifyTools): Promise<void> {
  const header = new Uint8Array(Math.min(HEADER.length, source.size));
  try {
    await source.read(0, header, signal);
    checkHeader(header, source.name, checksum);
  } catch (error) {
    const problem = problemOf(error, source.name);
    const bit = flips.among(
      header,
      0,
      header.length * 8,
      (copy) => failureOf(() => checkHeader(copy, source.name, checksum)) === undefined,
    );
    log.problem(bit === undefined ? problem : problemOf(error, source.name, { flipped: flippedBit(0, bit) }));
  }
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
export function startOf(source: ByteSource, size: number): ByteSource {
  const { name, remote } = source;
  return {
    name,
    size,
    ...(remote === undefined ? {} : { remote }),
    read: (offset, target, signal) => source.read(offset, target, signal),
    close: async () => undefined,
  };
}

/** What the manifest says of a partition is what the partition says of itself. */
function checkProperties(
  { properties: bytes, propertiesPlace }: PartitionTail,
  record: PartitionRecord,
  { encodings, log }: VerifyTools,
): Properties | undefined {
  const { file } = propertiesPlace;
  const keys = keysOf(record);
  let properties: Properties;
  try {
    properties = decodeProperties(bytes, propertiesPlace);
  } catch (error) {
    log.problem(problemOf(error, file, { keys }));
    return undefined;
  }
  const compare = (what: string, expected: string | undefined, actual: string): void => {
    if (expected === undefined || expected === actual) return;
    const text = `the manifest and the properties disagree about the ${what}`;
    log.problem(problemOf(corruption(propertiesPlace, 0, text, expected, actual), file, { keys }));
  };
  compare('encoding of keys', encodings.keyEncoding, properties.keyEncoding);
  compare('encoding of values', encodings.valueEncoding, properties.valueEncoding);
  compare('compression', record.compression, properties.compression);
  compare('sum of the entries', hex64(record.contentSum), hex64(properties.contentSum));
  compare('first key', toHex(record.firstKey), toHex(properties.firstKey));
  compare('last key', toHex(record.lastKey), toHex(properties.lastKey));
  return properties;
}

async function readHashIndex(
  file: PartitionFile,
  { footer }: PartitionTail,
  { flips, log, signal }: VerifyTools,
): Promise<Int32Array | undefined> {
  const { name } = file.source;
  try {
    const slots = await file.readHashIndex(signal);
    log.advance(footer.hashLength, 0, 0);
    return slots;
  } catch (error) {
    const keys = keysOf(file.record);
    const problem: VerifyProblem = problemOf(error, name, { keys });
    let bit: number | undefined;
    if (isCairnError(error, 'CORRUPTION')) {
      const bytes = new Uint8Array(footer.hashLength);
      await file.source.read(footer.hashOffset, bytes, signal).catch(() => undefined);
      bit = await flips.inHashed(bytes, footer.hashChecksum);
    }
    log.problem(
      bit === undefined
        ? problem
        : problemOf(error, name, { keys, flipped: flippedBit(footer.hashOffset, bit) }),
    );
    return undefined;
  }
}
