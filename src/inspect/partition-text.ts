import { fromHex, showKey } from '../bytes/hex.ts';
import { countOf, problemLines, table } from './lines.ts';
import type { PartitionOutline } from './partition-outline.ts';
import type { InspectedBlock, InspectedEntry, InspectedPartition, InspectedSection } from './report.ts';

/** Blocks named in the list of sections; damaged ones are always named. */
const LISTED_BLOCKS = 8;
const LISTED_DAMAGED = 64;

/**
 * Yields heading, problems and sections, the beginning of every inspection of a partition. `name` is the
 * file's name.
 */
export function* outlineLines({ report }: PartitionOutline, name: string): Generator<string, void> {
  const version = report.header.version ?? 'unknown';
  yield `${name}: cairn partition, format version ${version}, ${countOf(report.bytes, 'byte')}`;
  yield* problemLines(report.problems);
  yield '';
  yield* sectionLines(report);
}

/** Yields properties, figures of the indexes, and the first entries. */
export function* contentLines({ report }: PartitionOutline): Generator<string, void> {
  const properties = Object.entries(report.properties);
  if (properties.length > 0) {
    yield '';
    yield 'properties';
    yield* table(
      properties.map(([name, value]) => ['', name, name.endsWith('Key') ? showHex(value) : String(value)]),
    );
  }
  if (report.hashIndex !== undefined) {
    const { homeSlots, slots, used, longestRun } = report.hashIndex;
    yield '';
    yield 'hash index';
    yield `  ${homeSlots} home slots, ${slots} slots, ${used} in use, at most ${longestRun} in a row`;
  }
  for (const block of report.blocks) {
    const entries = report.entries.filter((entry) => entry.block === block.number);
    if (entries.length === 0) continue;
    yield '';
    yield blockHeading(block);
    yield* entryLines(entries);
    const more = block.entries - entries.length;
    if (more > 0) yield `  … ${countOf(more, 'more entry', 'more entries')}`;
  }
}

/** Returns one line about a block. */
export function blockHeading(block: InspectedBlock): string {
  const size = block.compressed
    ? `${block.storedLength} bytes, ${block.dataLength} decompressed`
    : countOf(block.storedLength, 'byte');
  const separator = block.number === 0 ? '' : `, separator ${showHex(block.separator)}`;
  return `block ${block.number}, ${size}, ${countOf(block.entries, 'entry', 'entries')}${separator}`;
}

function* sectionLines(report: InspectedPartition): Generator<string, void> {
  const rows = [['offset', 'length', 'section', 'checksum', '', '']];
  for (const section of report.sections) {
    rows.push(sectionRow(section, aboutSection(section, report)));
    if (section.name === 'blocks') rows.push(...blockRows(report.blocks));
  }
  yield* table(rows, 2);
  if (report.tail !== undefined) {
    yield `tail: the last ${report.tail.length} bytes, checksum ${report.tail.checksum}`;
  }
}

function sectionRow({ offset, length, name, checksum, state }: InspectedSection, about: string): string[] {
  return [`${offset}`, `${length}`, name, checksum ?? '', checksum === undefined ? '' : state, about];
}

function aboutSection({ name }: InspectedSection, report: InspectedPartition): string {
  switch (name) {
    case 'blocks': {
      const entries = report.blocks.reduce((sum, block) => sum + block.entries, 0);
      return `${countOf(report.blocks.length, 'block')}, ${countOf(entries, 'entry', 'entries')}`;
    }
    case 'hash index':
      return report.hashIndex === undefined ? '' : countOf(report.hashIndex.slots, 'slot');
    case 'sparse index':
      return countOf(report.blocks.length, 'block');
    default:
      return '';
  }
}

function* blockRows(blocks: readonly InspectedBlock[]): Generator<string[], void> {
  let damaged = 0;
  for (const block of blocks) {
    if (block.number === LISTED_BLOCKS && blocks.length > LISTED_BLOCKS) {
      yield ['', '', `  … ${countOf(blocks.length - LISTED_BLOCKS, 'more block')}`, '', '', ''];
    }
    if (block.number >= LISTED_BLOCKS && (block.state !== 'wrong' || ++damaged > LISTED_DAMAGED)) continue;
    const { number, offset, storedLength, dataLength, compressed, entries, checksum, state } = block;
    const about =
      countOf(entries, 'entry', 'entries') + (compressed ? `, ${dataLength} bytes decompressed` : '');
    yield [`${offset}`, `${storedLength}`, `  block ${number}`, checksum, state, about];
  }
}

function* entryLines(entries: readonly InspectedEntry[]): Generator<string, void> {
  yield* table(
    entries.map(({ offset, key, value }) => [`+${offset}`, showHex(key), showHex(value)]),
    1,
  );
}

function showHex(hex: unknown): string {
  return showKey(fromHex(String(hex)) ?? new Uint8Array(0));
}
