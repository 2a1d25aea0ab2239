/** The most uncompressed bytes of a partition: entry offsets leave two bits of a 32-bit word for the tag. */
export const MAX_DATA_BYTES: number = 2 ** 30 - 1;

/**
 * The most bytes of a hash index, and of a tail: each is read whole before anything in it has been checked.
 */
export const MAX_SECTION_BYTES: number = 2 ** 31 - 1;

/** The most home slots of a hash index: their product with 28 hash bits is exact in a double. */
export const MAX_HOME_SLOTS: number = 1 << 25;
