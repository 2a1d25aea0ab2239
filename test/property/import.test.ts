import { describe, expect, it } from 'vitest';
import { importOutcome } from '../support/import-outcome.ts';
import { expectedOutcome, importCase, readByCsvParse, textOf } from './import-dialects.ts';

const CASES = 300;

describe('cairn import of CSV', () => {
  it('reads what csv-parse reads, in any dialect, damaged or not', async () => {
    const tally = { refused: 0, read: 0 };
    for (let seed = 1; seed <= CASES; seed++) {
      const one = importCase(seed);
      const text = textOf(one);
      const expected =
        text === undefined ? { refused: 'UTF-8' } : expectedOutcome(one, text, readByCsvParse(one, text));
      const outcome = await importOutcome(one.bytes, one.options);
      const shown = `seed ${seed}: ${JSON.stringify(one.options)} ${JSON.stringify(text)}`;
      if ('refused' in expected) {
        expect(outcome, `${shown}, ${expected.refused}`).toHaveProperty('refused');
        tally.refused++;
      } else {
        expect(outcome, shown).toEqual(expected);
        tally.read++;
      }
    }
    expect(Math.min(tally.refused, tally.read)).toBeGreaterThan(CASES / 5);
  });
});
