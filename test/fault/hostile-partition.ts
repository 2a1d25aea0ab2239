import { encode } from '@msgpack/msgpack';
import { ByteWriter } from '../../src/bytes/byte-writer.ts';
import { KeyBuffer } from '../../src/bytes/key-buffer.ts';
import { MsgpackDecoder } from '../../src/bytes/msgpack-decoder.ts';
import { encodeStruct } from '../../src/bytes/struct.ts';
import { loadDecompressor } from '../../src/compression/compressions.ts';
import type { Compressor, Decompressor } from '../../src/compression/compressor.ts';
import { loadCompressor } from '../../src/compression/compressors.ts';
import { EntrySpans, restartCount, restartWidth } from '../../src/format/block.ts';
import { buildHashIndex, homeSlots } from '../../src/format/hash-index.ts';
import { encodeHeader } from '../../src/format/header.ts';
import { FOOTER, type Footer, HEADER } from '../../src/format/layout.ts';
import { SparseIndex } from '../../src/format/sparse-index.ts';
import { checksum } from '../support/signed.ts';

/** One block, with what the sparse index will say of it. */
export interface Block {
  /** Uncompressed. */
  data: Uint8Array;
  /** The bytes in the file, when they are to be others than the compressed data. */
  stored?: Uint8Array;
  /** The length of the data that the index claims, when it is to be another one. */
  claimed?: number;
  entries: number;
}

/** The fields of a footer as numbers of any size. */
export type LooseFooter = { -readonly [Name in keyof Footer]?: number | bigint };

/**
 * A partition file in pieces, to be changed before it is put together again with every checksum right: so
 * that nothing but a check of the meaning finds what is wrong.
 */
export interface Partition {
  header: Uint8Array;
  blocks: Block[];
  /** Of all blocks but the first. */
  separators: Uint8Array[];
  /** Slots; none when empty. */
  hashIndex: Uint8Array;
  hashSlots: number;
  /** Whether the hash index is made anew from the entries. */
  rebuildHashIndex: boolean;
  /** Bytes between hash index and sparse index: the place of optional features. */
  between: Uint8Array;
  /** As an object, or as bytes of its own. */
  properties: Record<string, unknown> | Uint8Array;
  compression: string;
  /** Last changes of the encoded sparse index, and of the footer's fields. */
  changeIndex: ((index: Uint8Array, blocks: number) => Uint8Array)[];
  footer: LooseFooter;
}

const compressors: ReadonlyMap<string, Compressor & Decompressor> = new Map(
  await Promise.all(
    (['deflate', 'zstd'] as const).map(
      async (name): Promise<[string, Compressor & Decompressor]> => [
        name,
        { ...(await loadCompressor(name)), ...(await loadDecompressor(name)) } as Compressor & Decompressor,
      ],
    ),
  ),
);

export function compress(name: string, data: Uint8Array): Uint8Array {
  return compressors.get(name)?.compress(data).slice() ?? data;
}

/** Takes a partition apart that is as it should be. */
export function takeApart(file: Uint8Array): Partition {
  const footer = FOOTER.decode(file.slice(-FOOTER.length), { file: 'whole', section: 'footer', offset: 0 });
  const { hashOffset, hashLength, indexOffset, indexLength, propertiesOffset, propertiesLength } = footer;
  const properties = new MsgpackDecoder().decode(
    file,
    propertiesOffset,
    propertiesOffset + propertiesLength,
  ) as Record<string, unknown>;
  const compression = properties.compression as string;
  const index = new SparseIndex(
    file.slice(indexOffset, indexOffset + indexLength),
    { blocks: footer.blocks, entries: footer.entries, dataBytes: footer.dataBytes, blocksEnd: hashOffset },
    { file: 'whole', section: 'sparse index', offset: 0 },
  );
  const blocks = Array.from({ length: footer.blocks }, (_, block): Block => {
    const start = index.fileStart(block);
    const stored = file.slice(start, start + index.storedLength(block));
    const length = index.dataLength(block);
    const data =
      stored.length === length
        ? stored
        : (compressors.get(compression)?.decompress(stored, length).slice() ?? stored);
    return { data, entries: index.entries(block) };
  });
  return {
    header: file.slice(0, HEADER.length),
    blocks,
    separators: Array.from({ length: footer.blocks - 1 }, (_, i) => index.separators.at(i).slice()),
    hashIndex: file.slice(hashOffset, hashOffset + hashLength),
    hashSlots: footer.hashSlots,
    rebuildHashIndex: false,
    between: new Uint8Array(0),
    properties,
    compression,
    changeIndex: [],
    footer: {},
  };
}

/** What the manifest has to say of a partition that was put together. */
export interface Assembled {
  readonly file: Uint8Array;
  readonly hashBytes: number;
  readonly tail: Uint8Array;
  readonly entries: number;
  readonly dataBytes: number;
  readonly contentSum: bigint;
}

/** Puts a partition together: lengths, counts and checksums follow from the pieces, unless they were set. */
export function assemble(partition: Partition): Assembled {
  const { blocks } = partition;
  const stored = blocks.map(({ data, stored }) => {
    if (stored !== undefined) return stored;
    const compressed = compress(partition.compression, data);
    return compressed.length < data.length ? compressed : data;
  });
  const hashOffset = HEADER.length + total(stored);
  const dataBytes = blocks.reduce((sum, { data, claimed }) => sum + (claimed ?? data.length), 0);
  const entries = blocks.reduce((sum, block) => sum + block.entries, 0);
  const contentSum = sumOf(blocks);
  if (partition.rebuildHashIndex) rebuild(partition, dataBytes);
  const { hashIndex, between } = partition;
  const indexOffset = hashOffset + hashIndex.length + between.length;
  let index = encodeIndex(partition, stored);
  for (const change of partition.changeIndex) index = change(index, blocks.length);
  const propertiesBytes = encodePropertiesOf(partition, contentSum);
  const propertiesOffset = indexOffset + index.length;
  const fields = {
    hashOffset,
    hashLength: hashIndex.length,
    hashChecksum: checksum.hash(hashIndex),
    indexOffset,
    indexLength: index.length,
    indexChecksum: checksum.hash(index),
    propertiesOffset,
    propertiesLength: propertiesBytes.length,
    propertiesChecksum: checksum.hash(propertiesBytes),
    fileLength: propertiesOffset + propertiesBytes.length + FOOTER.length,
    entries,
    blocks: blocks.length,
    dataBytes,
    hashSlots: partition.hashSlots,
    requiredFeatures: 0,
    optionalFeatures: 0,
    version: 1,
    reserved16: 0,
    reserved32: 0,
    checksum: 0n,
    magic: new DataView(encodeHeader(checksum).buffer).getBigUint64(0, true),
    ...partition.footer,
  } as unknown as Footer;
  const unsigned = encodeStruct(FOOTER, fields);
  const covered = FOOTER.length - 16;
  const footer = encodeStruct(FOOTER, { ...fields, checksum: checksum.hash(unsigned.subarray(0, covered)) });
  const tail = concat([index, propertiesBytes, footer]);
  return {
    file: concat([partition.header, ...stored, hashIndex, between, tail]),
    hashBytes: hashIndex.length,
    tail,
    entries,
    dataBytes,
    contentSum,
  };
}

function encodePropertiesOf({ properties }: Partition, contentSum: bigint): Uint8Array {
  if (properties instanceof Uint8Array) return properties;
  const sum = new Uint8Array(8);
  new DataView(sum.buffer).setBigUint64(0, contentSum, true);
  // What was set to something else stays.
  const is = properties.contentSum;
  return encode({
    ...properties,
    ...(is instanceof Uint8Array && is.length === 8 ? { contentSum: sum } : {}),
  }).slice();
}

function encodeIndex({ blocks, separators }: Partition, stored: readonly Uint8Array[]): Uint8Array {
  const out = new ByteWriter(1024);
  for (const bytes of stored) out.u64(checksum.hash(bytes));
  const column = (values: readonly number[], start: number): void => {
    let end = start;
    for (const value of values) out.u32((end += value));
  };
  column(
    stored.map(({ length }) => length),
    HEADER.length,
  );
  column(
    blocks.map(({ data, claimed }) => claimed ?? data.length),
    0,
  );
  column(
    blocks.map(({ entries }) => entries),
    0,
  );
  column(
    separators.map(({ length }) => length),
    0,
  );
  for (const separator of separators) out.bytes(separator);
  return out.view().slice();
}

/** The entries of a block, as far as they can be read: where each starts, its key, and where it ends. */
export function entriesOf({
  data,
  entries,
}: Block): { start: number; keyStart: number; keyEnd: number; end: number }[] {
  const spans = new EntrySpans();
  const end = data.length - restartCount(entries) * restartWidth(data.length);
  if (entries < 1 || entries > data.length || !spans.read(data, 0, end, entries)) return [];
  return Array.from({ length: entries }, (_, i) => ({
    start: i === 0 ? 0 : spans.valueEnds[i - 1],
    keyStart: spans.keyStarts[i],
    keyEnd: spans.keyEnds[i],
    end: spans.valueEnds[i],
  }));
}

/** A block of these entries, each with the bytes of its lengths, and restarts that fit. */
export function blockOf(entries: readonly Uint8Array[]): Block {
  const bytes = concat(entries);
  const wide = bytes.length + restartCount(entries.length) * 2 > 0xffff;
  const out = new ByteWriter(bytes.length + 64);
  out.bytes(bytes);
  let at = 0;
  for (const [i, entry] of entries.entries()) {
    if (i > 0 && i % 16 === 0) {
      if (wide) out.u32(at);
      else out.u16(at);
    }
    at += entry.length;
  }
  return { data: out.view().slice(), entries: entries.length };
}

function rebuild(partition: Partition, dataBytes: number): void {
  const key = new KeyBuffer();
  const hashes: number[] = [];
  const offsets: number[] = [];
  let before = 0;
  for (const block of partition.blocks) {
    for (const { start, keyStart, keyEnd } of entriesOf(block)) {
      key.set(block.data.subarray(keyStart, keyEnd));
      hashes.push(key.hash());
      offsets.push(before + start);
    }
    before += block.data.length;
  }
  const { length } = hashes;
  const slots = buildHashIndex(Int32Array.from(hashes), Int32Array.from(offsets), length, dataBytes);
  if (slots === undefined || length === 0) return;
  partition.hashIndex = new Uint8Array(slots.buffer);
  partition.hashSlots = homeSlots(length);
}

/** As a writer would have summed it, as far as the entries can be read. */
function sumOf(blocks: readonly Block[]): bigint {
  let sum = 0n;
  for (const block of blocks) {
    for (const { start, end } of entriesOf(block)) sum += checksum.hash(block.data.subarray(start, end));
  }
  return BigInt.asUintN(64, sum);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(total(parts));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function total(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}
