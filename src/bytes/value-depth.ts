/** How deep arrays and objects may stand in each other. */
export const MAX_VALUE_DEPTH: number = 256;
