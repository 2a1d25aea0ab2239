const MAGIC = 0xfd2fb528;

/** What RFC 8878, §3.1.1.1.2, asks every decoder to support; no frame written here needs more. */
const MAX_WINDOW_BYTES = 1 << 23;

const MAX_BLOCK_BYTES = 1 << 17;

/**
 * Checks that bytes are exactly one zstd frame that declares `length` bytes of content, because decoders
 * allocate what a frame declares.
 *
 * Source: RFC 8878, §3.1.1 (frames) and §3.1.1.2 (blocks).
 *
 * @throws {RangeError} otherwise.
 */
export function checkZstdFrame(bytes: Uint8Array, length: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 9 || view.getUint32(0, true) !== MAGIC)
    throw new RangeError('zstd: the bytes are not a frame');
  const descriptor = bytes[4];
  const singleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >>> 6;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3];
  const sizeAt = 5 + (singleSegment ? 0 : 1) + dictionaryBytes;
  const sizeBytes = sizeFlag === 0 ? (singleSegment ? 1 : 0) : 1 << sizeFlag;
  const blocksAt = sizeAt + sizeBytes;
  if (blocksAt + 3 > bytes.length) throw new RangeError('zstd: the frame is cut short');
  const claimed = contentSize(view, sizeAt, sizeBytes);
  if (claimed !== length) throw new RangeError(`zstd: the frame holds ${claimed} bytes, not ${length}`);
  const windowBytes = singleSegment ? length : windowSize(bytes[5]);
  if (windowBytes > Math.max(length, MAX_WINDOW_BYTES))
    throw new RangeError(`zstd: the frame needs a window of ${windowBytes} bytes`);
  const end = blocksEnd(bytes, blocksAt) + ((descriptor & 4) === 0 ? 0 : 4);
  if (end !== bytes.length) throw new RangeError(`zstd: the frame ends at byte ${end} of ${bytes.length}`);
}

/** The content size that the frame declares; −1 if it declares none, or an impossible one. */
function contentSize(view: DataView, at: number, width: number): number {
  if (width === 0) return -1;
  if (width === 1) return view.getUint8(at);
  if (width === 2) return view.getUint16(at, true) + 256;
  if (width === 4) return view.getUint32(at, true);
  const size = view.getBigUint64(at, true);
  return size > BigInt(Number.MAX_SAFE_INTEGER) ? -1 : Number(size);
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** Where the last block ends. @throws {RangeError} */
function blocksEnd(bytes: Uint8Array, from: number): number {
  for (let at = from; at + 3 <= bytes.length; ) {
    const header = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
    const type = (header >>> 1) & 3;
    const size = header >>> 3;
    if (type === 3 || size > MAX_BLOCK_BYTES) throw new RangeError(`zstd: a damaged block at byte ${at}`);
    // A block that repeats a byte stores only that one.
    at += 3 + (type === 1 ? 1 : size);
    if ((header & 1) !== 0) return at;
  }
  throw new RangeError('zstd: the frame is cut short');
}
