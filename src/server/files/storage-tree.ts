import { type Checksum, hex64 } from '../../bytes/checksum.ts';
import { isCairnError } from '../../errors.ts';
import type { ByteSource } from '../../io/byte-source.ts';
import type { Location } from '../../io/uri.ts';
import type { FileTree, ServedFile } from './file-tree.ts';

/** Of a larger file, the tag covers the beginning and the end: a partition's tail has the checksums of all of it. */
const TAGGED_BYTES = 64 * 1024;

/** The files below a root in any storage. Their tags are made of what they hold. */
export class StorageTree implements FileTree {
  readonly #root: Location;
  readonly #checksum: Checksum;

  constructor(root: Location, checksum: Checksum) {
    this.#root = root;
    this.#checksum = checksum;
  }

  async open(parts: readonly string[]): Promise<ServedFile | undefined> {
    const { storage, path: root } = this.#root;
    const path = parts.reduce((directory, name) => storage.join(directory, name), root);
    let source: ByteSource;
    try {
      if ((await storage.kind(path)) !== 'file') return undefined;
      source = await storage.open(path);
    } catch (error) {
      if (isCairnError(error, 'NOT_FOUND')) return undefined;
      throw error;
    }
    return {
      bytes: source.size,
      etag: await this.#tagOf(source),
      read: (offset, target) => source.read(offset, target),
      close: () => source.close(),
    };
  }

  async #tagOf(source: ByteSource): Promise<string> {
    const { size } = source;
    const bytes = new Uint8Array(Math.min(size, 2 * TAGGED_BYTES));
    const end = Math.min(size, TAGGED_BYTES);
    await source.read(0, bytes.subarray(0, end));
    await source.read(size - (bytes.length - end), bytes.subarray(end));
    return `"${hex64(this.#checksum.hash(bytes))}-${size.toString(16)}"`;
  }
}
