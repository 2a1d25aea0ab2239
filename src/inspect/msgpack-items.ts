/** One item of a msgpack section: its bytes and its meaning. */
export interface MsgpackItem {
  /** Bytes from the start of the section to the item. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly kind: 'map' | 'text' | 'integer' | 'binary';
  /** The number of a map's entries, the text, the number, or the bytes. */
  readonly value: number | bigint | string | Uint8Array;
}

/**
 * Yields the items of a msgpack section in order, containers before their content. Knows the types that
 * properties consist of (maps, text, unsigned integers, binary), and ends before anything else.
 */
export function* readMsgpackItems(bytes: Uint8Array): Generator<MsgpackItem, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at < bytes.length) {
    const head = bytes[at];
    const [kind, width] = shapeOf(head);
    if (kind === undefined || at + 1 + width > bytes.length) return;
    const argument = width === 0 ? inlineArgument(head) : readUnsigned(view, at + 1, width);
    const contents = kind === 'text' || kind === 'binary' ? Number(argument) : 0;
    const start = at + 1 + width;
    const end = start + contents;
    if (end > bytes.length) return;
    const own = bytes.subarray(start, end);
    const value = kind === 'text' ? new TextDecoder().decode(own) : kind === 'binary' ? own : argument;
    yield { offset: at, bytes: bytes.subarray(at, end), kind, value };
    at = end;
  }
}

/** The kind of item that a head byte begins, and the bytes of the number that follows it. */
function shapeOf(head: number): [kind: MsgpackItem['kind'] | undefined, width: number] {
  if (head < 0x80) return ['integer', 0];
  if (head < 0x90) return ['map', 0];
  if (head >= 0xa0 && head < 0xc0) return ['text', 0];
  if (head >= 0xc4 && head <= 0xc6) return ['binary', 1 << (head - 0xc4)];
  if (head >= 0xcc && head <= 0xcf) return ['integer', 1 << (head - 0xcc)];
  if (head >= 0xd9 && head <= 0xdb) return ['text', 1 << (head - 0xd9)];
  if (head === 0xde || head === 0xdf) return ['map', 2 << (head - 0xde)];
  return [undefined, 0];
}

function inlineArgument(head: number): number {
  return head < 0x80 ? head : head < 0x90 ? head & 0x0f : head & 0x1f;
}

function readUnsigned(view: DataView, at: number, width: number): number | bigint {
  if (width === 1) return view.getUint8(at);
  if (width === 2) return view.getUint16(at);
  if (width === 4) return view.getUint32(at);
  return view.getBigUint64(at);
}
