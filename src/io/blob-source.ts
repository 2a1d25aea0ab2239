import { CairnError, reasonOf } from '../errors.ts';
import { blobName } from './blob.ts';
import type { ByteSource } from './byte-source.ts';

/**
 * The bytes of a `Blob`: a file that the user picked or dropped on a page, or memory. It cannot be read
 * synchronously.
 */
export class BlobSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  /** Undefined when the source has been closed. */
  #blob: Blob | undefined;

  constructor(blob: Blob) {
    this.name = blobName(blob);
    this.size = blob.size;
    this.#blob = blob;
  }

  async read(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const blob = this.#blob;
    if (blob === undefined) {
      throw new CairnError('CLOSED', `${this.name} has been closed`, { resource: this.name });
    }
    const end = offset + target.length;
    if (end > this.size) throw this.#tooShort(offset, target.length, this.size);
    let bytes: Uint8Array;
    try {
      bytes = new Uint8Array(await blob.slice(offset, end).arrayBuffer());
    } catch (error) {
      throw new CairnError(
        'IO',
        `${this.name} can't be read: ${reasonOf(error)}. A file that is changed, ` +
          'moved or removed after it was chosen has to be chosen again',
        { uri: this.name, operation: 'read', transient: false, cause: error },
      );
    }
    signal?.throwIfAborted();
    if (bytes.length !== target.length) throw this.#tooShort(offset, target.length, offset + bytes.length);
    target.set(bytes);
  }

  async close(): Promise<void> {
    this.#blob = undefined;
  }

  #tooShort(offset: number, wanted: number, size: number): CairnError {
    return new CairnError(
      'CORRUPTION',
      `${this.name} ends at ${size}, within the ${wanted} bytes expected at offset ${offset}. The file was cut; restore ` +
        'it from a good copy',
      {
        file: this.name,
        section: 'file',
        offset,
        expected: `${wanted} bytes`,
        actual: `${size - offset} bytes`,
      },
    );
  }
}
