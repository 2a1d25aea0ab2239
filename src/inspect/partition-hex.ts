import { showKey, toHex } from '../bytes/hex.ts';
import { RESTART_INTERVAL } from '../format/block.ts';
import { offsetBitsOf } from '../format/hash-index.ts';
import { type FieldDump, showField } from './field-dump.ts';
import { HexRows } from './hex-rows.ts';
import { indexColumns } from './index-columns.ts';
import { countOf } from './lines.ts';
import type { MsgpackItem } from './msgpack-items.ts';
import type { ShownBlock } from './partition-blocks.ts';
import type { PartitionOutline, SectionBytes } from './partition-outline.ts';
import { blockHeading } from './partition-text.ts';

/**
 * Yields an annotated dump of a partition file, in the order of the file: every field of header, indexes,
 * properties and footer, and the entries. A small file is shown whole, a larger one the beginning of each
 * part.
 */
export function* hexLines(outline: PartitionOutline): Generator<string, void> {
  const { report } = outline;
  const rows = new HexRows(report.bytes);
  const parts: [offset: number, lines: () => Iterable<string>][] = [
    [0, () => fieldLines('header', 0, outline.header, outline, rows)],
    [outline.footerOffset, () => fieldLines('footer', outline.footerOffset, outline.footer, outline, rows)],
    ...outline.blocks.map((block): [number, () => Iterable<string>] => [
      block.report.offset,
      () => blockLines(block, outline, rows),
    ]),
    ...outline.strays.map((stray): [number, () => Iterable<string>] => [
      stray.offset,
      () => ['unknown bytes', ...rows.field(stray.offset, stray.bytes, '', '')],
    ]),
  ];
  const { hashIndex, index, properties } = outline;
  if (hashIndex !== undefined) parts.push([hashIndex.offset, () => slotLines(hashIndex, outline, rows)]);
  if (index !== undefined) parts.push([index.offset, () => columnLines(index, outline, rows)]);
  if (properties !== undefined)
    parts.push([properties.offset, () => propertyLines(properties, outline.items, rows)]);
  const [lastShown] = outline.blocks.slice(-1);
  const hidden = report.blocks.length - outline.blocks.length;
  if (hidden > 0 && lastShown !== undefined) {
    parts.push([
      lastShown.report.offset + lastShown.stored.length,
      () => [`… ${countOf(hidden, 'more block')}`],
    ]);
  }
  // Relies on a stable sort: parts of damaged files may have the same offset.
  for (const [, lines] of parts.sort(([a], [b]) => a - b)) {
    let first = true;
    for (const line of lines()) {
      if (first) yield '';
      first = false;
      yield line;
    }
  }
}

function* fieldLines(
  section: string,
  offset: number,
  fields: readonly FieldDump[],
  { report }: PartitionOutline,
  rows: HexRows,
): Generator<string, void> {
  if (fields.length === 0) return;
  yield section;
  const states = new Map(report.sections.map(({ name, state }) => [name, state]));
  for (const field of fields) {
    const shown = showField(field);
    const { name } = field;
    const state = name === 'checksum' ? states.get(section) : undefined;
    yield* rows.field(
      offset + field.offset,
      field.bytes,
      name,
      state === undefined ? `${shown}` : `${shown}, ${state}`,
    );
  }
}

function* blockLines(
  shown: ShownBlock,
  { report }: PartitionOutline,
  rows: HexRows,
): Generator<string, void> {
  const { report: block, outline, stored } = shown;
  const { offset } = block;
  yield blockHeading(block);
  if (block.compressed || outline === undefined) {
    const how = block.compressed ? String(report.properties.compression ?? 'compressed') : '';
    yield* rows.field(offset, stored, how, '');
    if (outline === undefined) return;
    yield* entryLines(shown, new HexRows(report.bytes, '+'), 0);
  } else {
    yield* entryLines(shown, rows, offset);
  }
  const more = block.entries - outline.entries.length;
  if (more > 0) yield `… ${countOf(more, 'more entry', 'more entries')}`;
}

/** The entries and restarts of a block; `origin` is where the block's offsets count from. */
function* entryLines({ outline }: ShownBlock, rows: HexRows, origin: number): Generator<string, void> {
  if (outline === undefined) return;
  const { data, entries, restartsAt, restartWidth, problem } = outline;
  const part = (start: number, end: number, name: string, note: string): Generator<string, void> =>
    rows.field(origin + start, data.subarray(start, end), name, note);
  for (const { start, valueLengthAt, keyStart, keyEnd, valueEnd } of entries) {
    yield* part(start, valueLengthAt, 'key length', `${keyEnd - keyStart}`);
    yield* part(valueLengthAt, keyStart, 'value length', `${valueEnd - keyEnd}`);
    yield* part(keyStart, keyEnd, 'key', showKey(data.subarray(keyStart, keyEnd)));
    if (valueEnd > keyEnd) yield* part(keyEnd, valueEnd, 'value', showKey(data.subarray(keyEnd, valueEnd)));
  }
  if (problem !== undefined) {
    const at = entries.at(-1)?.valueEnd ?? 0;
    yield* part(at, data.length, 'damaged', problem.message);
    return;
  }
  let entry = RESTART_INTERVAL;
  for (let at = restartsAt; at < data.length; at += restartWidth, entry += RESTART_INTERVAL) {
    // Restarts point to entries: those of entries that are not shown are left out.
    if (entry > entries.length) return;
    yield* part(at, at + restartWidth, 'restart', `entry ${entry}`);
  }
}

function* slotLines(
  section: SectionBytes,
  outline: PartitionOutline,
  rows: HexRows,
): Generator<string, void> {
  const { offset, bytes } = section;
  if (bytes.length === 0) return;
  yield `hash index, ${countOf(outline.report.hashIndex?.slots ?? 0, 'slot')}`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dataBytes = Number(outline.report.footer.dataBytes ?? 0);
  const bits = offsetBitsOf(dataBytes);
  let slot = 0;
  for (; (slot + 1) * 4 <= bytes.length && slot < outline.extent.slots; slot++) {
    const word = view.getUint32(slot * 4, true);
    const entry = word % 2 ** bits;
    const tag = Math.floor(word / 2 ** bits);
    const note =
      word === 0
        ? 'empty'
        : dataBytes === 0
          ? 'in use'
          : `entry at data ${entry - 1}, tag 0x${tag.toString(16)}`;
    yield* rows.field(offset + slot * 4, bytes.subarray(slot * 4, slot * 4 + 4), `slot ${slot}`, note);
  }
  const rest = bytes.subarray(slot * 4);
  if (rest.length >= 4) yield `… ${countOf(Math.floor(rest.length / 4), 'more slot')}`;
  else if (rest.length > 0) yield* rows.field(offset + slot * 4, rest, 'damaged', '');
}

function* columnLines(
  section: SectionBytes,
  outline: PartitionOutline,
  rows: HexRows,
): Generator<string, void> {
  const { offset, bytes } = section;
  const { report, extent } = outline;
  const blocks = outline.rows.length;
  yield `sparse index, ${countOf(blocks, 'block')}`;
  const states = new Map(report.blocks.map(({ number, state }) => [number, state]));
  let end = 0;
  for (const { name, cells } of indexColumns(outline.rows, extent.indexRows)) {
    for (const { offset: at, length, block, note } of cells) {
      end = at + length;
      const state = name === 'checksums' ? `, ${states.get(block) ?? 'unchecked'}` : '';
      yield* rows.field(offset + at, bytes.subarray(at, end), `${name} ${block}`, note + state);
    }
    if (blocks > extent.indexRows) yield `… ${name} of ${countOf(blocks - extent.indexRows, 'more block')}`;
  }
  if (blocks <= extent.indexRows && end < bytes.length) {
    yield* rows.field(offset + end, bytes.subarray(end), 'damaged', 'belongs to no block');
  }
}

function* propertyLines(
  { offset, bytes }: SectionBytes,
  items: readonly MsgpackItem[],
  rows: HexRows,
): Generator<string, void> {
  yield 'properties';
  let end = 0;
  for (const [number, item] of items.entries()) {
    // After the map's head, names and values alternate.
    const name = item.kind === 'map' ? 'map' : number % 2 === 1 ? 'name' : 'value';
    yield* rows.field(offset + item.offset, item.bytes, name, showItem(item));
    end = item.offset + item.bytes.length;
  }
  if (end < bytes.length)
    yield* rows.field(offset + end, bytes.subarray(end), 'damaged', 'not what properties hold');
}

function showItem({ kind, value }: MsgpackItem): string {
  if (kind === 'map') return countOf(Number(value), 'property', 'properties');
  if (kind === 'text') return JSON.stringify(value);
  if (!(value instanceof Uint8Array)) return `${value}`;
  const shown = showKey(value);
  return shown.startsWith('"') ? `bytes ${shown}` : value.length <= 8 ? `bytes 0x${toHex(value)}` : shown;
}
