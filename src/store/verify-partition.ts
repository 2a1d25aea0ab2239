import type { Checksum } from '../bytes/checksum.ts';
import { compareKeys } from '../bytes/compare.ts';
import { corruption } from '../bytes/corruption.ts';
import { isCairnError } from '../errors.ts';
import { checkHeader, HEADER } from '../format/layout.ts';
import { decodeProperties, type Properties } from '../format/properties.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { examineTail, failureOf } from './examine-tail.ts';
import { type FlipSearch, flippedBit } from './flip-search.ts';
import type { PartitionRecord } from './manifest.ts';
import { type CheckLog, PartitionCheck } from './partition-check.ts';
import type { PartitionFile, PartitionTail } from './partition-file.ts';
import { keysOf, problemOf, type VerifyProblem } from './verify-problem.ts';

/** Makes a partition file of a source; the caller knows the rest that it takes. */
export type OpenPartition = (source: ByteSource, record: PartitionRecord) => PartitionFile;

/** What is needed to check partitions. */
export interface VerifyTools {
  readonly checksum: Checksum;
  readonly flips: FlipSearch;
  readonly log: CheckLog;
  readonly open: OpenPartition;
  readonly signal: AbortSignal | undefined;
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
    const found = await usableTail(source, record, tools);
    if (found === undefined) return;
    const { file, tail, propertiesRight } = found;
    tools.log.advance(HEADER.length + record.tailBytes, 0, 0);
    const properties = propertiesRight ? checkProperties(tail, record, tools) : undefined;
    const slots = tail.footer.hashLength > 0 ? await readHashIndex(file, tail, tools) : undefined;
    await PartitionCheck.run(file, { tail, properties, slots }, tools.log, tools.flips, tools.signal);
  } catch (error) {
    tools.log.problem(problemOf(error, source.name, { keys: keysOf(record) }));
  }
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
  { checksum, flips, log, open, signal }: VerifyTools,
): Promise<{ file: PartitionFile; tail: PartitionTail; propertiesRight: boolean } | undefined> {
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
  { log }: VerifyTools,
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
  const differences: [boolean, string][] = [
    [properties.compression === record.compression, 'compression'],
    [properties.contentSum === record.contentSum, 'sum of the entries'],
    [compareKeys(properties.firstKey, record.firstKey) === 0, 'first key'],
    [compareKeys(properties.lastKey, record.lastKey) === 0, 'last key'],
  ];
  for (const [same, what] of differences) {
    if (same) continue;
    const error = corruption(
      propertiesPlace,
      0,
      `the manifest and the properties disagree about the ${what}`,
    );
    log.problem(problemOf(error, file, { keys }));
  }
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
