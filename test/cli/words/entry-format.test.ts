import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EntryFormatName } from '../../../src/cli/usage/choices.ts';
import { entryFormat, type FormatOptions, isTable, rowOptions } from '../../../src/cli/words/entry-format.ts';
import { isCairnError } from '../../../src/errors.ts';
import { createStore, deleteStore, openStore, type StoreInfo } from '../../../src/node/index.ts';
import type { EntryBatch } from '../../../src/text/entry-batch.ts';
import type { TextEncodings } from '../../../src/text/text-fields.ts';
import { cut, runStage, runStages } from '../../support/stage.ts';

type Entry = [unknown, unknown];

let stores = 0;

/** A store of entries in whatever order; of equal keys the last. */
async function storeOf(encodings: TextEncodings, entries: readonly Entry[]): Promise<[StoreInfo, Entry[]]> {
  const uri = `memory:format-${stores++}`;
  const writer = await createStore<'utf8', 'msgpack'>(uri, {
    keyEncoding: encodings.keyEncoding as 'utf8',
    valueEncoding: encodings.valueEncoding as 'msgpack',
    sort: true,
    sortBytes: 1 << 16,
    onDuplicate: 'last',
  });
  for (const [key, value] of entries) writer.put(key as string, value);
  const info = await writer.close();
  const reader = await openStore<unknown, unknown>(uri);
  const sorted: Entry[] = [];
  for await (const entry of reader.entries()) sorted.push(entry);
  await reader.close();
  await deleteStore(uri);
  return [info as StoreInfo, sorted];
}

const wellFormed = fc.string({ unit: 'binary', maxLength: 12 });
const tricky = fc.string({
  unit: fc.constantFrom('a', '\t', '\n', '\r', '"', ',', '\0', '=', '\ufeff', 'é', '😀', '\\'),
});
const textual = fc.oneof(wellFormed, tricky);
const bytes = fc.uint8Array({ maxLength: 12 });
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !Object.is(n, -0));
const flat = fc.record({ name: textual, price: number });

const keys = {
  utf8: textual.filter((text) => text !== ''),
  binary: bytes.filter(({ length }) => length > 0),
  tuple: fc.oneof(
    fc.tuple(textual, number),
    fc.array(fc.oneof(textual, number, bytes, fc.bigInt(), fc.constant(null)), {
      minLength: 1,
      maxLength: 3,
    }),
  ),
};
const json = fc
  .jsonValue({ stringUnit: 'binary', maxDepth: 2 })
  .filter((one) => !JSON.stringify(one, marked).includes('"-0"'));
const values = {
  utf8: textual,
  binary: bytes,
  json: fc.oneof(json, flat),
  msgpack: fc.oneof(
    json,
    flat,
    fc.bigInt(),
    fc.date({ noInvalidDate: true }),
    fc.constantFrom(-0, Number.NaN),
    fc.record({ $bytes: bytes }),
  ),
};

function marked(_: string, value: unknown): unknown {
  return Object.is(value, -0) ? '-0' : value;
}

const FORMATS: readonly FormatOptions[] = [
  { format: 'lines' },
  { format: 'lines', keySeparator: '=' },
  { format: 'csv' },
  { format: 'csv', delimiter: '\\t' },
  { format: 'csv', quote: "'", emptyAsNull: true },
  { format: 'tsv' },
  { format: 'jsonl' },
  { format: 'json' },
  { format: 'msgpack' },
  { format: 'nul' },
  { format: 'nul', keySeparator: '=' },
  { format: 'length-prefixed' },
];
/** These hold anything that a store can. */
const COMPLETE: readonly EntryFormatName[] = ['jsonl', 'json', 'length-prefixed'];

/** How the columns of exported CSV are to be named for the import. */
function csvOptions(options: FormatOptions, header: string, [key, value]: Entry): FormatOptions {
  const columns = header.trimEnd().split(rowOptions(options).delimiter ?? ',');
  const keyColumns = columns.filter((name) => /^key\d*$/.test(name));
  const numbers = columns.filter((name, i) => {
    if (/^key\d+$/.test(name)) return typeof (key as unknown[])[i] === 'number';
    return name !== 'key' && name !== 'value' && typeof (value as Record<string, unknown>)[name] === 'number';
  });
  return {
    ...options,
    key: keyColumns,
    ...(numbers.length > 0 ? { numbers } : {}),
  };
}

describe.each(FORMATS)('the format %j', (options) => {
  for (const keyEncoding of ['utf8', 'binary', 'tuple'] as const) {
    for (const valueEncoding of ['utf8', 'binary', 'json', 'msgpack'] as const) {
      it(`gives ${keyEncoding} keys and ${valueEncoding} values back, or refuses them`, async () => {
        const encodings = { keyEncoding, valueEncoding };
        const entry: fc.Arbitrary<Entry> = fc.tuple(
          keys[keyEncoding] as fc.Arbitrary<unknown>,
          values[valueEncoding] as fc.Arbitrary<unknown>,
        );
        const uniform = fc.oneof(
          fc.array(entry, { maxLength: 6 }),
          // What fits into columns.
          fc.array(
            fc.tuple(
              keyEncoding === 'tuple' ? fc.tuple(textual, number) : keys[keyEncoding],
              valueEncoding === 'json' || valueEncoding === 'msgpack' ? flat : values[valueEncoding],
            ) as fc.Arbitrary<Entry>,
            { minLength: 1, maxLength: 6 },
          ),
        );
        await fc.assert(
          fc.asyncProperty(
            uniform,
            fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
            async (entries, sizes) => {
              const [{ id }, sorted] = await storeOf(encodings, entries);
              let written: Uint8Array;
              try {
                const pieces = runStage<string | Uint8Array>(
                  entryFormat(options, encodings).formatter(),
                  sorted.length > 0 ? [sorted] : [],
                );
                written = Buffer.concat(pieces.map((piece) => Buffer.from(piece as string)));
              } catch (error) {
                if (!isCairnError(error, 'INVALID_ARGUMENT')) throw error;
                expect(COMPLETE).not.toContain(options.format);
                expect(error.message).toMatch(/format (?:jsonl|length-prefixed)|valueEncoding 'json'/);
                return;
              }
              const read =
                isTable(options.format) && sorted.length > 0
                  ? csvOptions(options, Buffer.from(written).toString().split('\n')[0], sorted[0])
                  : options;
              const invalid: unknown[] = [];
              const stages = entryFormat({ ...read, canonicalJson: true }, encodings).parser((one) =>
                invalid.push(one),
              );
              const batches = runStages<EntryBatch>(stages, cut(written, sizes));
              expect(invalid).toEqual([]);
              const again = batches.flatMap((batch) =>
                batch.keys.map((key, i): Entry => [key, batch.values[i]]),
              );
              expect((await storeOf(encodings, again))[0].id).toBe(id);
            },
          ),
          { numRuns: 15 },
        );
      });
    }
  }
});
