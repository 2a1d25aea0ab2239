import { AbstractSnapshot } from 'abstract-level';
import type { OpenVersion } from '../collection/read/open-version.ts';

/** A version that stays readable until the snapshot is closed. */
export class LevelSnapshot extends AbstractSnapshot {
  /** @internal */
  readonly version: OpenVersion;

  /** @internal */
  constructor(version: OpenVersion, options: object) {
    // The types of abstract-level leave out its options, of which it needs one: the database that closes the snapshot.
    super(...([options] as unknown as []));
    this.version = version.retain();
  }

  /** @internal */
  async _close(): Promise<void> {
    this.version.release();
  }
}
