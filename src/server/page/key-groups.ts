/** Keys that begin alike. */
export interface KeyGroup {
  /** How they begin. */
  readonly label: string;
  /** How many they are, in percent of all. */
  readonly value: number;
}

/** More groups are no picture. */
const MAX_GROUPS = 24;
const MAX_CHARACTERS = 40;

/** Groups sorted keys by their beginnings: by the shortest that tell some of them apart. */
export function groupsOf(keys: readonly string[]): KeyGroup[] {
  let groups = new Map<string, number>();
  for (let length = 1; length <= MAX_CHARACTERS; length++) {
    const next = new Map<string, number>();
    for (const key of keys) {
      const start = key.slice(0, length);
      next.set(start, (next.get(start) ?? 0) + 1);
    }
    if (next.size > MAX_GROUPS && groups.size > 1) break;
    groups = next;
    if (groups.size > MAX_GROUPS / 4) break;
  }
  const all = [...groups].map(([label, count]) => ({
    label,
    value: Math.round((count / keys.length) * 1000) / 10,
  }));
  return all.slice(0, MAX_GROUPS * 4);
}
