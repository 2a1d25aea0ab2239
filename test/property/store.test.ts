import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStore, deleteStore, openStore } from '../../src/node/index.ts';
import { formatTaggedJson } from '../../src/text/json-text.ts';
import { entriesOf, keyOf, kind, orderOf, reading, writing } from './store-arbitraries.ts';
import {
  answer,
  answerSync,
  checkScenario,
  type Entries,
  nextUri,
  question,
  scenario,
  write,
} from './store-questions.ts';

describe('random stores', () => {
  it('answer every question as a sorted array does, waiting or not', async () => {
    await fc.assert(fc.asyncProperty(scenario, checkScenario), { numRuns: 250, endOnFailure: false });
  });

  it('give the same answers and the same id however they are written and read', async () => {
    const variants = kind.chain((one) =>
      entriesOf(one, 80).chain((entries) =>
        fc.record({
          kind: fc.constant(one),
          entries: fc.constant(entries),
          writings: fc.array(writing, { minLength: 2, maxLength: 4 }),
          readings: fc.array(reading, { minLength: 2, maxLength: 3 }),
          questions: fc.array(question(one, entries), { minLength: 5, maxLength: 15 }),
        }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(variants, async (given) => {
        const ids = new Set<string>();
        const answers = new Set<string>();
        for (const options of given.writings) {
          const info = await write(given.kind, given.entries, options);
          ids.add(info.id);
          for (const one of given.readings) {
            const store = await openStore<unknown, unknown>(info.uri, one);
            const all: unknown[] = [];
            for (const asked of given.questions)
              all.push(await answer(store, asked), answerSync(store, asked));
            // Tells −0 from 0, and a bigint from a number.
            answers.add(formatTaggedJson(all));
            await store.close();
          }
          await deleteStore(info.uri);
        }
        expect(ids.size).toBe(1);
        expect(answers.size).toBe(1);
      }),
      { numRuns: 60 },
    );
  });

  it('refuse what is out of order at the place where it is, and keep the rest', async () => {
    const inputs = kind.chain((one) =>
      fc.record({
        kind: fc.constant(one),
        keys: fc.array(keyOf(one), { minLength: 1, maxLength: 60 }),
        writing,
      }),
    );
    await fc.assert(
      fc.asyncProperty(inputs, async (given) => {
        const order = orderOf(given.kind);
        const writer = await createStore(nextUri(), {
          ...given.writing,
          keyEncoding: given.kind.keyEncoding,
        });
        const kept: Entries = [];
        for (const [i, key] of given.keys.entries()) {
          const last = kept.at(-1)?.[0];
          const code =
            last === undefined || order(last, key) < 0
              ? undefined
              : order(last, key) === 0
                ? 'DUPLICATE_KEY'
                : 'KEY_ORDER';
          let met: unknown;
          try {
            (writer.put as (key: unknown, value: unknown) => unknown).call(writer, key, i);
            kept.push([key, i]);
          } catch (error) {
            met = (error as { code: string }).code;
            expect((error as { index: number }).index).toBe(kept.length);
          }
          expect(met).toBe(code);
        }
        const info = await writer.close();
        const store = await openStore<unknown, unknown>(info.uri);
        expect([...store]).toEqual(kept);
        await store.close();
        await deleteStore(info.uri);
      }),
      { numRuns: 80 },
    );
  });
});
