/** How far a call that takes long has come: the same for every call that takes `onProgress`. */
export interface Progress {
  /** What is counted. */
  readonly unit: 'bytes' | 'entries';
  /**
   * How many are done. It does not fall. A call that has work to do reports at least once, the last time `total`; only a
   * verification of a damaged store ends below it, because it counts what could be read.
   */
  readonly done: number;
  /** How many there are. */
  readonly total: number;
}
