/**
 * How many times that of `size` the CPU time of `work` for 16 times `size` is: 16 where it grows as its size, 256 where it grows as its
 * square. The best of three runs each.
 */
export function growthOf(work: (size: number) => void, size: number): number {
  const best = (size: number): number =>
    Math.min(
      ...Array.from({ length: 3 }, () => {
        const before = process.cpuUsage();
        work(size);
        return process.cpuUsage(before).user;
      }),
    );
  return best(16 * size) / Math.max(best(size), 1000);
}
