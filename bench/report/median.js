/**
 * @param {number[] | undefined} numbers
 * @returns {number | undefined}
 */
export function median(numbers) {
  if (numbers === undefined || numbers.length === 0) return undefined;
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
