import { type Checksum, hex64 } from '../bytes/checksum.ts';
import { compareBytes } from '../bytes/compare.ts';
import type { Region } from '../bytes/corruption.ts';
import { toHex } from '../bytes/hex.ts';
import { checkHeader } from '../format/header.ts';
import { checkSection, decodeFooter, FOOTER, HEADER, MAGIC } from '../format/layout.ts';
import { decodeProperties, type Properties } from '../format/properties.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { decodeTail } from '../partition/partition-tail.ts';
import { CarefulReader } from './careful-reader.ts';
import { type Extent, extentOf, SMALL_FILE_BYTES } from './extent.ts';
import { dumpFields, type FieldDump, fieldsByName, fieldValue } from './field-dump.ts';
import { type IndexRow, mostBlocks, readIndexRows } from './index-columns.ts';
import { type MsgpackItem, readMsgpackItems } from './msgpack-items.ts';
import { entriesOf, inspectBlocks, type ShownBlock } from './partition-blocks.ts';
import type { Problems } from './problems.ts';
import type { ChecksumState, InspectedHashIndex, InspectedPartition, InspectedSection } from './report.ts';

/** How far from the end of the file a footer is looked for if none is at the end. */
const APPENDED_BYTES = 1 << 16;

/** The bytes of a section, and its offset. */
export interface SectionBytes {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** The parts of a partition file: the report, and the bytes that it is about. */
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
  /** Bytes that belong to no section: those of optional features, or damage. */
  readonly strays: readonly SectionBytes[];
}

/**
 * Outlines a partition file and checks everything that can be checked in a single file. Notes damage, and
 * continues with whatever can still be located. Reads the whole file, a block at a time.
 */
export async function outlinePartition(source: ByteSource, checksum: Checksum): Promise<PartitionOutline> {
  return new Outliner(source, checksum).run();
}

/** A section that the footer locates. */
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
  readonly #reader: CarefulReader;
  readonly #sections: InspectedSection[] = [];
  readonly #strays: SectionBytes[] = [];

  constructor(source: ByteSource, checksum: Checksum) {
    this.#source = source;
    this.#checksum = checksum;
    this.#reader = new CarefulReader(source, checksum);
    this.#problems = this.#reader.problems;
  }

  async run(): Promise<PartitionOutline> {
    const { size, name } = this.#source;
    const extent = extentOf(size);
    const headerBytes = await this.#reader.read('header', 0, Math.min(HEADER.length, size));
    const header = dumpFields(HEADER.fields, headerBytes);
    this.#problems.attempt('header', 0, () => checkHeader(headerBytes, name, this.#checksum));
    this.#addFixed('header', 0, header, headerBytes, 32);

    const end = await this.#findEnd();
    const footerOffset = Math.max(headerBytes.length, end - FOOTER.length);
    const footerBytes = await this.#reader.read('footer', footerOffset, end - footerOffset);
    const footer = this.#isFooter(footerBytes) ? dumpFields(FOOTER.fields, footerBytes) : [];
    if (footer.length === 0 && end >= HEADER.length + FOOTER.length) {
      this.#problems.note(
        'footer',
        footerOffset,
        'the file does not end in a footer: it was cut, or is something else',
      );
    } else {
      this.#problems.attempt('footer', footerOffset, () =>
        decodeFooter(footerBytes, end, name, this.#checksum),
      );
    }

    const placed = this.#placeSections(footer, footerOffset);
    const hash = await this.#section(placed.hash);
    const index = await this.#section(placed.index);
    const properties = await this.#section(placed.properties);
    const decoded = properties && this.#decodeProperties(properties);
    const rows = index === undefined ? [] : this.#readRows(index, footer);
    const place = {
      rows,
      indexOffset: index?.offset ?? 0,
      end: placed.hash?.offset ?? placed.index?.offset ?? footerOffset,
      compression: decoded?.compression,
    };
    const blocks = await inspectBlocks(this.#reader, place, extent);
    if (blocks.section !== undefined) this.#sections.push(blocks.section);
    const hashIndex = hash && this.#hashIndex(hash, footer);
    if (footer.length > 0) this.#addFixed('footer', footerOffset, footer, footerBytes, 64);
    await this.#fillGaps();
    const tail = await this.#tail(placed.index?.offset, end);

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
      extent,
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

  /** Where the footer ends: before the end of the file if something was appended, which is noted. */
  async #findEnd(): Promise<number> {
    const { size } = this.#source;
    const start = Math.max(0, size - APPENDED_BYTES);
    const bytes = await this.#reader.read('footer', start, size - start);
    for (let at = bytes.length - MAGIC.length; at >= FOOTER.length - MAGIC.length; at--) {
      if (!MAGIC.every((byte, i) => bytes[at + i] === byte)) continue;
      const end = at + MAGIC.length;
      if (end === bytes.length) return size;
      // A value may contain the magic; a footer must also have the right file length.
      const footer = dumpFields(FOOTER.fields, bytes.subarray(end - FOOTER.length, end));
      if (fieldValue(footer, 'fileLength') !== BigInt(start + end)) continue;
      this.#problems.note('file', start + end, `${size - start - end} bytes follow the footer`);
      return start + end;
    }
    return size;
  }

  /**
   * Whether magic or checksum identify a footer, possibly a damaged one; the end of a truncated file has
   * neither.
   */
  #isFooter(bytes: Uint8Array): boolean {
    if (bytes.length < FOOTER.length) return false;
    const fields = dumpFields(FOOTER.fields, bytes);
    const place = (name: string): FieldDump => fields.find((field) => field.name === name) as FieldDump;
    const { offset, value } = place('checksum');
    return (
      compareBytes(place('magic').bytes, MAGIC) === 0 ||
      this.#checksum.hash(bytes.subarray(0, offset)) === value
    );
  }

  /** Adds the header or footer, whose checksum of `bits` bits covers the bytes before it. */
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

  /** Locates the sections by the footer, as far as they are within the file. */
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
    const bytes = await this.#reader.read(name, offset, length);
    const region: Region = { file: this.#source.name, section: name, offset };
    const right = this.#problems.attempt(name, offset, () => {
      checkSection(bytes, checksum, region, this.#checksum);
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
    const region: Region = { file: this.#source.name, section: 'properties', offset };
    return this.#problems.attempt('properties', offset, () => decodeProperties(bytes, region));
  }

  /** Reads as many rows as the footer says, or as the section holds. */
  #readRows({ offset, bytes }: SectionBytes, footer: readonly FieldDump[]): IndexRow[] {
    const promised = Number(fieldValue(footer, 'blocks'));
    const most = mostBlocks(bytes.length);
    if (promised > most) {
      const message = `the sparse index has ${bytes.length} bytes, too few for ${promised} blocks`;
      this.#problems.note('sparse index', offset, message);
    }
    return readIndexRows(bytes, Math.min(promised, most));
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

  /** Sorts the sections, and names the bytes between them. */
  async #fillGaps(): Promise<void> {
    const known = [...this.#sections].filter(({ length }) => length > 0).sort((a, b) => a.offset - b.offset);
    this.#sections.length = 0;
    let at = 0;
    for (const section of [...known, undefined]) {
      const next = section?.offset ?? this.#source.size;
      if (next > at) {
        const bytes = await this.#reader.read('unknown', at, Math.min(next - at, SMALL_FILE_BYTES));
        this.#strays.push({ offset: at, bytes });
        this.#sections.push({ name: 'unknown', offset: at, length: next - at, state: 'unchecked' });
      }
      if (section === undefined) continue;
      this.#sections.push(section);
      at = Math.max(at, section.offset + section.length);
    }
  }

  /**
   * The tail, as manifests describe it. Notes the problems that show only when its parts are decoded
   * together.
   */
  async #tail(start: number | undefined, end: number): Promise<InspectedPartition['tail']> {
    if (start === undefined) return undefined;
    const bytes = await this.#reader.read('tail', start, end - start);
    if (this.#problems.list.length === 0) {
      this.#problems.attempt('tail', start, () => decodeTail(bytes, this.#source, this.#checksum, false));
    }
    return { length: bytes.length, checksum: hex64(this.#checksum.hash(bytes)) };
  }
}

function showProperties(properties: Properties): Record<string, unknown> {
  return {
    ...properties,
    firstKey: toHex(properties.firstKey),
    lastKey: toHex(properties.lastKey),
    contentSum: hex64(properties.contentSum),
  };
}
