import type { Checksum } from '../bytes/checksum.ts';
import { isCairnError } from '../errors.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { Problems } from './problems.ts';

/** A file under inspection, its checksum function, and the problems found so far. */
export class CarefulReader {
  readonly source: ByteSource;
  readonly checksum: Checksum;
  readonly problems: Problems;

  constructor(source: ByteSource, checksum: Checksum) {
    this.source = source;
    this.checksum = checksum;
    this.problems = new Problems(source.name);
  }

  /** Reads bytes within the file. Returns no bytes if they cannot be read, and notes that as a problem. */
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
