import { describe, expect, it } from 'vitest';
import type { StoreReader } from '../../src/index.ts';
import { collect } from '../support/stores.ts';
import { GOLDEN_CASES, type GoldenCase } from './golden-cases.ts';

/** Opens the golden store of a case. */
export type OpenGolden = (golden: GoldenCase) => Promise<StoreReader<unknown, unknown>>;

/** Every golden store, opened in some way, holds what was written into it. Runs on every platform. */
export function goldenReading(way: string, open: OpenGolden, cases = GOLDEN_CASES): void {
  describe(`golden stores ${way}`, () => {
    it.each(cases)('$name: all entries, forwards and backwards', async (golden) => {
      await using reader = await open(golden);
      expect(await collect(reader.entries())).toEqual(golden.entries);
      expect(await collect(reader.entries({ reverse: true }))).toEqual([...golden.entries].reverse());
      expect(reader.info.count).toBe(golden.entries.length);
    });

    it.each(cases)('$name: values by their keys, and numbers of entries', async (golden) => {
      await using reader = await open(golden);
      const keys = golden.entries.map(([key]) => key);
      const values = golden.entries.map(([, value]) => value);
      expect(await reader.getMany([...keys].reverse())).toEqual([...values].reverse());
      const step = Math.max(1, keys.length >> 5);
      for (let i = 0; i < keys.length; i += step) {
        expect(await reader.get(keys[i])).toEqual(values[i]);
        expect(await reader.rank(keys[i])).toBe(i);
        expect(await reader.at(i)).toEqual(golden.entries[i]);
        expect(await reader.floor(keys[i])).toEqual(golden.entries[i]);
      }
    });

    it.each(cases)('$name: verifies', async (golden) => {
      await using reader = await open(golden);
      const { ok, problems, checked } = await reader.verify();
      expect(problems).toEqual([]);
      expect(ok).toBe(true);
      expect(checked.entries).toBe(golden.entries.length);
    });
  });
}
