/** Where two files begin to differ: a comparison of their bytes one by one would take seconds to fail. */
export function firstDifference(a: Uint8Array, b: Uint8Array | undefined): number | undefined {
  if (b === undefined) return 0;
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at >= 0 ? at : a.length === b.length ? undefined : a.length;
}
