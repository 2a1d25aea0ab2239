import { writeFile } from './storage-tools.ts';

let number = 0;

/** A store in memory with these files, some of which are changed or left out. */
export async function storeOf(
  files: ReadonlyMap<string, Uint8Array>,
  changes: Readonly<Record<string, Uint8Array | undefined>> = {},
): Promise<string> {
  const uri = `memory:damaged/${number++}`;
  for (const [path, bytes] of files) {
    const changed = path in changes ? changes[path] : bytes;
    if (changed !== undefined) await writeFile(`${uri}/${path}`, changed);
  }
  return uri;
}

/** Bytes of which one bit is another. */
export function withFlipped(bytes: Uint8Array, byte: number, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[byte] ^= 1 << bit;
  return copy;
}

/** Bytes of which several are others, so that no single bit is to blame. */
export function withNoise(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const copy = bytes.slice();
  for (let i = from; i < to; i++) copy[i] ^= 0x55;
  return copy;
}
