/** The most uncompressed bytes that a partition may hold: entry offsets keep two bits of a word for the tag. */
export const MAX_DATA_BYTES: number = 2 ** 30 - 1;

/** The most bytes of a hash index, and of a tail: what is read at once, before anything in it has been checked. */
export const MAX_SECTION_BYTES: number = 2 ** 31 - 1;

/** The most home slots of a hash index: their product with 28 hash bits stays exact in a double. */
export const MAX_HOME_SLOTS: number = 1 << 25;
