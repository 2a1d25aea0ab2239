import type { Place } from '../bytes/byte-reader.ts';
import { type Checksum, hex64 } from '../bytes/checksum.ts';
import { toHex } from '../bytes/hex.ts';
import { loadCompressor } from '../compression/compressor.ts';
import { isCairnError } from '../errors.ts';
import { checkHeader, checkSection, decodeFooter, FOOTER, HEADER } from '../format/layout.ts';
import { MOST_DATA_BYTES } from '../format/limits.ts';
import { decodeProperties, type Properties } from '../format/properties.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { decodeTail } from '../store/partition-file.ts';
import { type BlockOutline, outlineBlock } from './block-outline.ts';
import { dumpFields, type FieldDump, fieldsByName, fieldValue } from './field-dump.ts';
import { type IndexRow, mostBlocks, readIndexRows } from './index-columns.ts';
import { type MsgpackItem, readMsgpackItems } from './msgpack-items.ts';
import { Problems } from './problems.ts';
import type {
  ChecksumState,
  InspectedBlock,
  InspectedEntry,
  InspectedHashIndex,
  InspectedPartition,
  InspectedSection,
} from './report.ts';

/** Of a file up to this size everything is shown, of a larger one the beginning of each part. */
const SMALL_FILE_BYTES = 4096;

/** How much of a file is shown. */
export interface Extent {
  readonly blocks: number;
  /** Entries of each block. */
  readonly entries: number;
  readonly indexRows: number;
  readonly slots: number;
}

const EVERYTHING: Extent = {
  blocks: Number.POSITIVE_INFINITY,
  entries: Number.POSITIVE_INFINITY,
  indexRows: Number.POSITIVE_INFINITY,
  slots: Number.POSITIVE_INFINITY,
};
const BEGINNINGS: Extent = { blocks: 2, entries: 8, indexRows: 8, slots: 16 };

/** A block that is shown. */
export interface ShownBlock {
  readonly number: number;
  readonly offset: number;
  readonly stored: Uint8Array;
  /** Absent when it doesn't decompress. */
  readonly outline: BlockOutline | undefined;
}

/** The bytes of a section, and where it is. */
export interface SectionBytes {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A partition file taken apart: the report, and the bytes behind it. */
export interface PartitionOutline {
  readonly report: InspectedPartition;
  readonly extent: Extent;
  readonly header: readonly FieldDump[];
  readonly footer: readonly FieldDump[];
  readonly footerOffset: number;
  readonly blocks: readonly ShownBlock[];
  readonly hashIndex: SectionBytes | undefined;
  readonly index: SectionBytes | undefined;
  readonly rows: readonly IndexRow[];
  readonly properties: SectionBytes | undefined;
  readonly items: readonly MsgpackItem[];
  /** Bytes that belong to no section: of optional features, or damage. */
  readonly strays: readonly SectionBytes[];
}

/**
 * Takes a partition file apart and checks everything that one file can tell. Damage is noted, and what lies
 * behind it is looked at as far as it can be found. Reads the whole file, a block at a time.
 */
export async function outlinePartition(source: ByteSource, checksum: Checksum): Promise<PartitionOutline> {
  return new Outliner(source, checksum).run();
}

/** A section that the footer places. */
interface PlacedSection {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
  readonly checksum: bigint;
}

class Outliner {
  readonly #source: ByteSource;
  readonly #checksum: Checksum;
  readonly #problems: Problems;
  readonly #extent: Extent;
  readonly #sections: InspectedSection[] = [];
  readonly #strays: SectionBytes[] = [];

  constructor(source: ByteSource, checksum: Checksum) {
    this.#source = source;
    this.#checksum = checksum;
    this.#problems = new Problems(source.name);
    this.#extent = source.size <= SMALL_FILE_BYTES ? EVERYTHING : BEGINNINGS;
  }

  async run(): Promise<PartitionOutline> {
    const { size, name } = this.#source;
    const headerBytes = await this.#read('header', 0, Math.min(HEADER.length, size));
    const header = dumpFields(HEADER.fields, headerBytes);
    this.#problems.attempt('header', 0, () => checkHeader(headerBytes, name, this.#checksum));
    this.#addFixed('header', 0, header, headerBytes, 32);

    const footerOffset = Math.max(headerBytes.length, size - FOOTER.length);
    const footerBytes = await this.#read('footer', footerOffset, size - footerOffset);
    const footer = footerBytes.length === FOOTER.length ? dumpFields(FOOTER.fields, footerBytes) : [];
    this.#problems.attempt('footer', footerOffset, () =>
      decodeFooter(footerBytes, size, name, this.#checksum),
    );

    const placed = this.#placeSections(footer, footerOffset);
    const hash = await this.#section(placed.hash);
    const index = await this.#section(placed.index);
    const properties = await this.#section(placed.properties);
    const decoded = properties && this.#decodeProperties(properties);
    const rows = index === undefined ? [] : this.#readRows(index, footer);
    const blocksEnd = placed.hash?.offset ?? placed.index?.offset ?? footerOffset;
    const blocks = await this.#blocks(rows, blocksEnd, decoded);
    const hashIndex = hash && this.#hashIndex(hash, footer);
    if (footer.length > 0) this.#addFixed('footer', footerOffset, footer, footerBytes, 64);
    await this.#fillGaps();
    const tail = await this.#tail(placed.index?.offset);

    return {
      report: {
        kind: 'partition',
        file: name,
        bytes: size,
        ok: this.#problems.list.length === 0,
        problems: this.#problems.list,
        sections: this.#sections,
        header: fieldsByName(header),
        footer: fieldsByName(footer),
        ...(tail === undefined ? {} : { tail }),
        properties: decoded === undefined ? {} : showProperties(decoded),
        ...(hashIndex === undefined ? {} : { hashIndex }),
        blocks: blocks.reports,
        entries: blocks.shown.flatMap(entriesOf),
      },
      extent: this.#extent,
      header,
      footer,
      footerOffset,
      blocks: blocks.shown,
      hashIndex: hash,
      index,
      rows,
      properties,
      items: properties === undefined ? [] : [...readMsgpackItems(properties.bytes)],
      strays: this.#strays,
    };
  }

  /** Bytes that lie within the file; fewer than asked for when they can't be read, which is noted. */
  async #read(section: string, offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    try {
      await this.#source.read(offset, bytes);
      return bytes;
    } catch (error) {
      // A bad sector should not hide the rest of the file.
      if (!isCairnError(error, 'IO', 'CORRUPTION')) throw error;
      this.#problems.noteError(section, offset, error);
      return new Uint8Array(0);
    }
  }

  /** Header or footer: their checksum, of `bits` bits, is over the bytes before it. */
  #addFixed(
    name: string,
    offset: number,
    fields: readonly FieldDump[],
    bytes: Uint8Array,
    bits: number,
  ): void {
    const field = fields.find((one) => one.name === 'checksum');
    let state: ChecksumState = 'unchecked';
    if (field !== undefined) {
      const actual = BigInt.asUintN(bits, this.#checksum.hash(bytes.subarray(0, field.offset)));
      state = actual === field.value ? 'right' : 'wrong';
    }
    this.#sections.push({
      name,
      offset,
      length: bytes.length,
      ...(field === undefined ? {} : { checksum: field.value.toString(16).padStart(bits / 4, '0') }),
      state,
    });
  }

  /** Where the footer says that the sections are, as far as that is within the file. */
  #placeSections(
    footer: readonly FieldDump[],
    end: number,
  ): Record<'hash' | 'index' | 'properties', PlacedSection | undefined> {
    const place = (prefix: string, name: string): PlacedSection | undefined => {
      const offset = fieldValue(footer, `${prefix}Offset`);
      const length = fieldValue(footer, `${prefix}Length`);
      const checksum = fieldValue(footer, `${prefix}Checksum`);
      if (offset === undefined || length === undefined || checksum === undefined) return undefined;
      if (offset < BigInt(HEADER.length) || offset + length > BigInt(end)) {
        this.#problems.note(
          name,
          end,
          `the footer puts the ${name} at ${offset} + ${length}, outside of its room`,
        );
        return undefined;
      }
      return { name, offset: Number(offset), length: Number(length), checksum };
    };
    return {
      hash: place('hash', 'hash index'),
      index: place('index', 'sparse index'),
      properties: place('properties', 'properties'),
    };
  }

  async #section(placed: PlacedSection | undefined): Promise<SectionBytes | undefined> {
    if (placed === undefined) return undefined;
    const { name, offset, length, checksum } = placed;
    const bytes = await this.#read(name, offset, length);
    const place: Place = { file: this.#source.name, section: name, offset };
    const right = this.#problems.attempt(name, offset, () => {
      checkSection(bytes, checksum, place, this.#checksum);
      return true;
    });
    this.#sections.push({
      name,
      offset,
      length,
      checksum: hex64(checksum),
      state: right ? 'right' : 'wrong',
    });
    return { offset, bytes };
  }

  #decodeProperties({ offset, bytes }: SectionBytes): Properties | undefined {
    const place: Place = { file: this.#source.name, section: 'properties', offset };
    return this.#problems.attempt('properties', offset, () => decodeProperties(bytes, place));
  }

  /** As many rows as the footer says, or as the section holds. */
  #readRows({ offset, bytes }: SectionBytes, footer: readonly FieldDump[]): IndexRow[] {
    const promised = Number(fieldValue(footer, 'blocks'));
    const most = mostBlocks(bytes.length);
    if (promised > most) {
      const message = `the sparse index has ${bytes.length} bytes, too few for ${promised} blocks`;
      this.#problems.note('sparse index', offset, message);
    }
    return readIndexRows(bytes, Math.min(promised, most));
  }

  async #blocks(
    rows: readonly IndexRow[],
    blocksEnd: number,
    properties: Properties | undefined,
  ): Promise<{ reports: InspectedBlock[]; shown: ShownBlock[] }> {
    const reports: InspectedBlock[] = [];
    const shown: ShownBlock[] = [];
    let offset = HEADER.length;
    let dataStart = 0;
    let entriesBefore = 0;
    for (const [number, row] of rows.entries()) {
      const { fileEnd, dataEnd, entriesUpTo } = row;
      if (fileEnd <= offset || fileEnd > blocksEnd || dataEnd <= dataStart || entriesUpTo <= entriesBefore) {
        const message = `the sparse index ends block ${number}, which starts at ${offset}, at ${fileEnd}`;
        this.#problems.note('sparse index', offset, `${message}; the blocks end at ${blocksEnd}`);
        break;
      }
      const size = { dataLength: dataEnd - dataStart, entries: entriesUpTo - entriesBefore };
      const block = await this.#block(number, offset, row, size, properties);
      reports.push({ ...block.report, entriesBefore });
      if (number < this.#extent.blocks) shown.push(block.shown);
      offset = fileEnd;
      dataStart = dataEnd;
      entriesBefore = entriesUpTo;
    }
    if (offset > HEADER.length) {
      const right = reports.every(({ state }) => state === 'right');
      const length = offset - HEADER.length;
      this.#sections.push({
        name: 'blocks',
        offset: HEADER.length,
        length,
        state: right ? 'right' : 'wrong',
      });
    }
    return { reports, shown };
  }

  /** Reads and checks one block that lies within the file. */
  async #block(
    number: number,
    offset: number,
    row: IndexRow,
    { dataLength, entries }: { readonly dataLength: number; readonly entries: number },
    properties: Properties | undefined,
  ): Promise<{ report: Omit<InspectedBlock, 'entriesBefore'>; shown: ShownBlock }> {
    const section = `block ${number}`;
    const storedLength = row.fileEnd - offset;
    const stored = await this.#read(section, offset, storedLength);
    const actual = this.#checksum.hash(stored);
    const state: ChecksumState = actual === row.checksum ? 'right' : 'wrong';
    if (state === 'wrong') {
      const evidence = `expected ${hex64(row.checksum)}, found ${hex64(actual)}`;
      this.#problems.note(section, offset, `the checksum of ${section} differs: ${evidence}`);
    }
    const compressed = storedLength !== dataLength;
    let data: Uint8Array | undefined = stored;
    if (compressed) {
      // What a damaged block would grow to is anybody's guess.
      const whole = state === 'right' && properties !== undefined;
      data = whole ? await this.#decompress(section, offset, stored, dataLength, properties) : undefined;
    }
    const most = number < this.#extent.blocks ? this.#extent.entries : 0;
    const outline = data && outlineBlock(data, entries, most);
    if (outline?.problem !== undefined && state === 'right') {
      this.#problems.note(section, offset, `${section}: ${outline.problem.message}`);
    }
    return {
      report: {
        number,
        offset,
        storedLength,
        dataLength,
        compressed,
        entries,
        separator: toHex(row.separator),
        checksum: hex64(row.checksum),
        state,
      },
      shown: { number, offset, stored, outline },
    };
  }

  /** A block decompressed; undefined when that can't be done, which is noted. */
  async #decompress(
    section: string,
    offset: number,
    stored: Uint8Array,
    dataLength: number,
    { compression }: Properties,
  ): Promise<Uint8Array | undefined> {
    try {
      const compressor = await loadCompressor(compression);
      if (compressor === undefined)
        throw new RangeError("it is compressed, in a file with compression 'none'");
      if (dataLength > MOST_DATA_BYTES) throw new RangeError(`it claims ${dataLength} bytes`);
      // The compressor's memory is used again for the next block.
      return compressor.decompress(stored, dataLength).slice();
    } catch (error) {
      this.#problems.noteError(section, offset, error);
      return undefined;
    }
  }

  #hashIndex({ offset, bytes }: SectionBytes, footer: readonly FieldDump[]): InspectedHashIndex | undefined {
    if (bytes.length === 0) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const slots = Math.floor(bytes.length / 4);
    let used = 0;
    let run = 0;
    let longestRun = 0;
    for (let slot = 0; slot < slots; slot++) {
      if (view.getUint32(slot * 4, true) === 0) {
        run = 0;
        continue;
      }
      used++;
      longestRun = Math.max(longestRun, ++run);
    }
    const end = offset + bytes.length;
    if (run > 0) this.#problems.note('hash index', end - 4, 'the hash index does not end in an empty slot');
    const entries = Number(fieldValue(footer, 'entries'));
    if (used !== entries) {
      this.#problems.note(
        'hash index',
        offset,
        `the hash index has ${used} slots in use for ${entries} entries`,
      );
    }
    return { homeSlots: Number(fieldValue(footer, 'hashSlots')), slots, used, longestRun };
  }

  /** Sorts the sections, and gives the bytes between them a name. */
  async #fillGaps(): Promise<void> {
    const known = [...this.#sections].filter(({ length }) => length > 0).sort((a, b) => a.offset - b.offset);
    this.#sections.length = 0;
    let at = 0;
    for (const section of [...known, undefined]) {
      const next = section?.offset ?? this.#source.size;
      if (next > at) {
        const bytes = await this.#read('unknown', at, Math.min(next - at, SMALL_FILE_BYTES));
        this.#strays.push({ offset: at, bytes });
        this.#sections.push({ name: 'unknown', offset: at, length: next - at, state: 'unchecked' });
      }
      if (section === undefined) continue;
      this.#sections.push(section);
      at = Math.max(at, section.offset + section.length);
    }
  }

  /** The end of the file as the manifest describes it. Tells what only shows when all parts are put together. */
  async #tail(start: number | undefined): Promise<InspectedPartition['tail']> {
    if (start === undefined) return undefined;
    const bytes = await this.#read('tail', start, this.#source.size - start);
    if (this.#problems.list.length === 0) {
      this.#problems.attempt('tail', start, () => decodeTail(bytes, this.#source, this.#checksum, false));
    }
    return { length: bytes.length, checksum: hex64(this.#checksum.hash(bytes)) };
  }
}

function entriesOf({ number, outline }: ShownBlock): InspectedEntry[] {
  if (outline === undefined) return [];
  const { data, entries } = outline;
  return entries.map(({ start, keyStart, keyEnd, valueEnd }) => ({
    block: number,
    offset: start,
    key: toHex(data.subarray(keyStart, keyEnd)),
    value: toHex(data.subarray(keyEnd, valueEnd)),
  }));
}

function showProperties(properties: Properties): Record<string, unknown> {
  return {
    ...properties,
    firstKey: toHex(properties.firstKey),
    lastKey: toHex(properties.lastKey),
    contentSum: hex64(properties.contentSum),
  };
}
