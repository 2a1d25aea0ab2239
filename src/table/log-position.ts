/** The first record of a bucket. */
export const EARLIEST: -2 = -2;

/** The end of a bucket: the offset that its next record will have. */
export const LATEST: -1 = -1;
