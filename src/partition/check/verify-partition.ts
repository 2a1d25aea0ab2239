import { hex64 } from '../../bytes/checksum.ts';
import { corruption } from '../../bytes/corruption.ts';
import { toHex } from '../../bytes/hex.ts';
import { isCairnError } from '../../errors.ts';
import { checkHeader } from '../../format/header.ts';
import { HEADER } from '../../format/layout.ts';
import { decodeProperties, type Properties } from '../../format/properties.ts';
import type { ByteSource } from '../../io/byte-source.ts';
import type { PartitionFile } from '../partition-file.ts';
import type { PartitionRecord } from '../partition-record.ts';
import type { PartitionTail } from '../partition-tail.ts';
import { flippedBit } from './bit-flip-search.ts';
import { failureOf } from './diagnose-tail.ts';
import { PartitionCheck } from './partition-check.ts';
import type { TailTools } from './usable-tail.ts';
import { describedTail } from './usable-tail.ts';
import { keysOf, problemOf, type VerifyProblem } from './verify-problem.ts';

/** The store-wide encodings, or undefined if the manifest's are invalid. */
export interface Encodings {
  readonly keyEncoding: string | undefined;
  readonly valueEncoding: string | undefined;
}

/** What is needed to check partitions. */
export interface VerifyTools extends TailTools {
  readonly encodings: Encodings;
}

/**
 * Reads all of a partition and checks everything in it. Damage is reported, and the rest is checked as far as
 * possible without the damaged part. The source stays open.
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
    tools.observer.advance(HEADER.length + file.record.tailBytes, 0, 0);
    const properties = propertiesRight ? checkProperties(tail, record, tools) : undefined;
    const slots = tail.footer.hashLength > 0 ? await readHashIndex(file, tail, tools) : undefined;
    await PartitionCheck.run(file, { tail, properties, slots }, tools.observer, tools.flips, tools.signal);
  } catch (error) {
    tools.observer.problem(problemOf(error, source.name, { keys: keysOf(record) }));
  }
}

async function checkStart(
  source: ByteSource,
  { checksum, flips, observer, signal }: VerifyTools,
): Promise<void> {
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
    observer.problem(
      bit === undefined ? problem : problemOf(error, source.name, { flipped: flippedBit(0, bit) }),
    );
  }
}

/** Reports the differences between the manifest's description of a partition and the partition's own. */
function checkProperties(
  { properties: bytes, propertiesRegion }: PartitionTail,
  record: PartitionRecord,
  { encodings, observer }: VerifyTools,
): Properties | undefined {
  const { file } = propertiesRegion;
  const keys = keysOf(record);
  let properties: Properties;
  try {
    properties = decodeProperties(bytes, propertiesRegion);
  } catch (error) {
    observer.problem(problemOf(error, file, { keys }));
    return undefined;
  }
  const compare = (what: string, expected: string | undefined, actual: string): void => {
    if (expected === undefined || expected === actual) return;
    const text = `the manifest and the properties disagree about the ${what}`;
    observer.problem(problemOf(corruption(propertiesRegion, text, { expected, actual }), file, { keys }));
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
  { flips, observer, signal }: VerifyTools,
): Promise<Int32Array | undefined> {
  const { name } = file.source;
  try {
    const slots = await file.readHashIndex(signal);
    observer.advance(footer.hashLength, 0, 0);
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
    observer.problem(
      bit === undefined
        ? problem
        : problemOf(error, name, { keys, flipped: flippedBit(footer.hashOffset, bit) }),
    );
    return undefined;
  }
}
