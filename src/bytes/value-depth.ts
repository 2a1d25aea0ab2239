/** How deep arrays and objects may be nested. */
export const MAX_VALUE_DEPTH: number = 256;
