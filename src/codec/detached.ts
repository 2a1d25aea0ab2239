/**
 * Whether an array has lost its memory, because that was transferred or a resizable buffer has become shorter. Such an
 * array says that it is empty. Costs nothing for one that has elements.
 */
export function isDetached(bytes: Uint8Array): boolean {
  if (bytes.length > 0) return false;
  try {
    // Changes nothing in an array without elements, and refuses one without memory.
    Uint8Array.prototype.fill.call(bytes, 0);
    return false;
  } catch {
    return true;
  }
}

/** Why an array is refused: follows its name in a message. */
export const DETACHED: string =
  'has lost its memory, which was transferred or shrunk: pass a copy made before that';
