import type { Checksum } from '../bytes/checksum.ts';
import { isCairnError } from '../errors.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { Problems } from './problems.ts';

/** A file that is looked at, what it is checked with, and what was found wrong so far. */
export class CarefulReader {
  readonly source: ByteSource;
  readonly checksum: Checksum;
  readonly problems: Problems;

  constructor(source: ByteSource, checksum: Checksum) {
    this.source = source;
    this.checksum = checksum;
    this.problems = new Problems(source.name);
  }

  /** Bytes that lie within the file; none when they can't be read, which is noted. */
  async read(section: string, offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    try {
      await this.source.read(offset, bytes);
      return bytes;
    } catch (error) {
      // A bad sector should not hide the rest of the file.
      if (!isCairnError(error, 'IO', 'CORRUPTION')) throw error;
      this.problems.noteError(section, offset, error);
      return new Uint8Array(0);
    }
  }
}
