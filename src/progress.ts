/** How far a call that takes long has come: the same for every call that takes `onProgress`. */
export interface Progress {
  /** What is counted. */
  readonly unit: 'bytes' | 'entries';
  /** How many are done. It does not fall; a call that has work to do reports at least once. */
  readonly done: number;
  /** How many there are; `salvageStore` knows it roughly. */
  readonly total: number;
}
