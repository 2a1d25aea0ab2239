/** Bytes from `offset` on. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** How ranges may be combined. */
export interface PlanLimits {
  /** The largest gap between two ranges that are read by one request. */
  readonly maxGapBytes: number;
  /** The largest request. */
  readonly maxRequestBytes: number;
}

/** One request, and the positions in the list of the ranges that it brings something for. */
export interface PlannedRequest extends ByteRange {
  readonly serves: readonly number[];
}

/**
 * Returns the requests that read all the ranges. Each wanted byte is in exactly one of them, however many
 * ranges contain it. Requests ascend, begin and end with wanted bytes, and split a range only if it is too
 * large for one. Empty ranges are in none.
 */
export function planReads(ranges: readonly ByteRange[], limits: PlanLimits): PlannedRequest[] {
  const order: number[] = [];
  for (let i = 0; i < ranges.length; i++) if (ranges[i].length > 0) order.push(i);
  order.sort((a, b) => ranges[a].offset - ranges[b].offset || ranges[b].length - ranges[a].length);
  const requests = cover(ranges, order, limits);
  // Both ascend, so that a request that ends before this range is of no use for the next ones either.
  let first = 0;
  for (const index of order) {
    const { offset, length } = ranges[index];
    while (requests[first].end <= offset) first++;
    for (let i = first; i < requests.length && requests[i].offset < offset + length; i++) {
      requests[i].serves.push(index);
    }
  }
  return requests.map(({ offset, end, serves }) => ({ offset, length: end - offset, serves }));
}

interface GrowingRequest {
  readonly offset: number;
  end: number;
  readonly serves: number[];
}

function cover(
  ranges: readonly ByteRange[],
  order: readonly number[],
  { maxGapBytes, maxRequestBytes }: PlanLimits,
): GrowingRequest[] {
  const requests: GrowingRequest[] = [];
  let last: GrowingRequest | undefined;
  for (const index of order) {
    const end = ranges[index].offset + ranges[index].length;
    let from = ranges[index].offset;
    if (last !== undefined) {
      if (end <= last.end) continue;
      from = Math.max(from, last.end);
      if (from - last.end <= maxGapBytes && end - last.offset <= maxRequestBytes) {
        last.end = end;
        continue;
      }
    }
    for (; from < end; from += maxRequestBytes) {
      last = { offset: from, end: Math.min(end, from + maxRequestBytes), serves: [] };
      requests.push(last);
    }
  }
  return requests;
}
