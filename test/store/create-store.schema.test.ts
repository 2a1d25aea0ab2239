import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type } from 'arktype';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import {
  type CairnError,
  type Codec,
  createStore,
  isCairnError,
  type OpenStoreOptions,
  openStore,
  type ReaderPromise,
  type StandardSchema,
  type StoreReader,
  type WriterPromise,
} from '../../src/node/index.ts';
import { failureNow } from '../support/failures.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

interface Planet {
  name: string;
  moons: number;
}

const zodPlanet = z.object({ name: z.string(), moons: z.number().int().default(0) });
const valibotPlanet = v.object({ name: v.string(), moons: v.optional(v.number(), 0) });
const arktypePlanet = type({ name: 'string', moons: 'number = 0' });

let store = 0;
function fresh(): string {
  store++;
  return `memory:schema-${store}`;
}

function refusal(call: () => unknown): CairnError {
  try {
    call();
  } catch (error) {
    if (isCairnError(error, 'INVALID_ARGUMENT')) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

/** A schema of few words. */
function schemaOf(validate: StandardSchema['~standard']['validate']): StandardSchema {
  return { '~standard': { version: 1, vendor: 'test', validate } };
}

describe.each([
  ['zod', zodPlanet],
  ['valibot', valibotPlanet],
  ['arktype', arktypePlanet],
] as [string, StandardSchema<Partial<Planet>, Planet>][])('a schema of %s', (_, schema) => {
  it('has what it gives stored, its defaults among it', async () => {
    const uri = fresh();
    const writer = await createStore(uri, { schema });
    writer.put('earth', { name: 'Earth', moons: 1 });
    writer.put('venus', { name: 'Venus' });
    await writer.close();
    await using plain = await openStore(uri);
    expect(plain.getSync('venus')).toEqual({ name: 'Venus', moons: 0 });
    await using reader = await openStore(uri, { schema });
    expect(reader.getSync('earth')).toEqual({ name: 'Earth', moons: 1 });
  });

  it('refuses what does not meet it, says where, and lets the writer go on', async () => {
    const uri = fresh();
    const writer = await createStore(uri, { schema });
    const error = refusal(() => writer.put('mars', { name: 'Mars', moons: 'two' } as unknown as Planet));
    expect(error.argument).toBe('value');
    expect(error.message).toMatch(/^value\.moons: .*number/);
    expect(writer.count).toBe(0);
    writer.put('mars', { name: 'Mars', moons: 2 });
    expect((await writer.close()).count).toBe(1);
  });

  it('tells a reader of values that do not meet it, by key and path', async () => {
    const uri = fresh();
    await createStore(uri)
      .put('mars', { name: 'Mars', moons: [2] })
      .close();
    await using reader = await openStore(uri, { schema });
    const error = failureNow(() => reader.getSync('mars'), 'SCHEMA_MISMATCH');
    expect(error).toMatchObject({ argument: 'schema', key: new TextEncoder().encode('mars') });
    expect(error.message).toMatch(/^the value of the key "mars" does not meet the schema: value\.moons: /);
  });
});

describe('a schema', () => {
  it('gives the types of what is put and read', () => {
    const uri = fresh();
    // Never run.
    const types = (): void => {
      expectTypeOf(createStore(uri, { schema: zodPlanet })).toEqualTypeOf<
        WriterPromise<string, { name: string; moons?: number | undefined }>
      >();
      expectTypeOf(openStore(uri, { schema: zodPlanet })).toEqualTypeOf<ReaderPromise<string, Planet>>();
      expectTypeOf(openStore(uri, { schema: valibotPlanet })).toEqualTypeOf<ReaderPromise<string, Planet>>();
      expectTypeOf(openStore(uri, { schema: arktypePlanet })).toEqualTypeOf<ReaderPromise<string, Planet>>();
      expectTypeOf(openStore(uri, { keyEncoding: 'number', schema: zodPlanet })).toEqualTypeOf<
        ReaderPromise<number, Planet>
      >();
      expectTypeOf(openStore(uri, { schema: z.unknown() })).toEqualTypeOf<ReaderPromise<string, unknown>>();
      expectTypeOf(openStore(uri, { valueEncoding: 'utf8' })).toEqualTypeOf<ReaderPromise<string, string>>();
      expectTypeOf(openStore<number, Planet>(uri, { schema: zodPlanet })).toEqualTypeOf<
        ReaderPromise<number, Planet>
      >();
      // @ts-expect-error: moons are a number
      createStore(uri, { schema: zodPlanet }).put('a', { name: 'a', moons: 'two' });
      // @ts-expect-error: no schema
      createStore(uri, { schema: { parse: () => 1 } });
    };
    expect(types).toBeTypeOf('function');
  });

  it('converts on the way in, and on the way out', async () => {
    const uri = fresh();
    await createStore(uri, { schema: z.coerce.number() }).put('a', '41').close();
    expect(await openStore(uri).get('a')).toBe(41);
    expect(await openStore(uri, { schema: z.number().transform((n) => n + 1) }).get('a')).toBe(42);
  });

  it('is asked by every put: through promises, arrays, iterables, sorting', async () => {
    const bad = [['b', 'x']] as unknown as [string, number][];
    const refused = expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'value' });
    await expect(createStore(fresh(), { schema: z.number() }).put('a', 'x' as never)).rejects.toThrow(
      refused,
    );
    await expect(createStore(fresh(), { schema: z.number() }).putAll(bad)).rejects.toThrow(refused);
    const sorted = await createStore(fresh(), { schema: z.number(), sort: true });
    sorted.put('c', 3);
    expect(() => sorted.put('a', 'x' as never)).toThrow(refused);
    sorted.put('b', 2);
    expect((await sorted.close()).count).toBe(2);
  });

  it('does not keep a value from being refused by the encoding', async () => {
    const writer = await createStore(fresh(), {
      valueEncoding: 'json',
      schema: schemaOf((value) => ({ value: value === 1 ? undefined : value })),
    });
    expect(refusal(() => writer.put('a', 1)).message).toContain('absent');
    expect(refusal(() => writer.put('a', -0)).message).toContain('-0');
    writer.put('a', 0);
    await writer.close();
  });

  it('is not named in the store: the same values give the same store', async () => {
    const [a, b] = [fresh(), fresh()];
    const info = await createStore(a, { schema: z.number() }).put('k', 1).close();
    expect((await createStore(b).put('k', 1).close()).id).toBe(info.id);
    expect(info.valueEncoding).toBe('msgpack');
  });

  it.each([
    null,
    1,
    'zod',
    {},
    [],
    () => 1,
    { '~standard': {} },
    { '~standard': { version: 2, validate() {} } },
  ])('must be one: %o is refused, before anything is made', async (schema) => {
    const options = { schema: schema as unknown as StandardSchema };
    const refused = expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'schema' });
    const uri = fresh();
    await expect(createStore(uri, options)).rejects.toThrow(refused);
    await expect(openStore(uri, options)).rejects.toThrow(refused);
    await expect(openStore(uri)).rejects.toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
  });

  it('must answer at once: one that is asynchronous is refused, and its promise does no harm', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);
    const uri = fresh();
    await createStore(uri).put('a', 1).close();
    for (const schema of [
      z.number().refine(async () => false),
      v.pipeAsync(
        v.number(),
        v.checkAsync(async () => false),
      ),
      schemaOf(() => Promise.reject(new Error('later'))),
    ]) {
      const writer = await createStore(fresh(), { schema });
      const error = refusal(() => writer.put('a', 1));
      expect(error.argument).toBe('schema');
      expect(error.message).toContain('promise');
      await writer.cancel();
      await using reader = await openStore(uri, { schema });
      expect(refusal(() => reader.getSync('a'))).toMatchObject({ argument: 'schema' });
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  it('that throws is refused with its error', async () => {
    const failure = new Error('out of order');
    const schema = schemaOf(() => {
      throw failure;
    });
    const writer = await createStore(fresh(), { schema });
    expect(refusal(() => writer.put('a', 1))).toMatchObject({ argument: 'schema', cause: failure });
    await writer.cancel();
  });

  it('that makes undefined of a stored value is refused: that stands for an absent key', async () => {
    const uri = fresh();
    await createStore(uri).put('a', 1).close();
    await using reader = await openStore(uri, { schema: schemaOf(() => ({ value: undefined })) });
    expect(failureNow(() => reader.getSync('a'), 'SCHEMA_MISMATCH').message).toContain('undefined');
  });

  it.each<[string, StandardSchema['~standard']['validate'], string]>([
    ['no issue at all', () => ({ issues: [] }), 'value does not meet the schema'],
    ['no path', () => ({ issues: [{ message: 'no' }] }), 'value: no'],
    ['several', () => ({ issues: [{ message: 'no' }, { message: 'not' }] }), 'value: no (and 1 more)'],
    [
      'odd steps',
      () => ({
        issues: [{ message: 'no', path: ['a', 0, { key: 'b c' }, { key: 1 }, Symbol('s'), '__proto__'] }],
      }),
      'value.a[0]["b c"][1][Symbol(s)].__proto__: no',
    ],
  ])('is quoted: %s', async (_, validate, message) => {
    const writer = await createStore(fresh(), { schema: schemaOf(validate) });
    expect(refusal(() => writer.put('a', 1)).message).toBe(message);
    await writer.cancel();
  });

  it('stands before every encoding of values', async () => {
    const upper: Codec<string> = {
      name: 'upper',
      encode: (text) => new TextEncoder().encode(text.toUpperCase()),
      decode: (bytes) => new TextDecoder().decode(bytes),
    };
    const schema = schemaOf((value) =>
      String(value).length > 2 ? { issues: [{ message: 'too long' }] } : { value },
    );
    for (const [valueEncoding, good, bad] of [
      ['msgpack', 'ab', 'abc'],
      ['json', 'ab', 'abc'],
      ['utf8', 'ab', 'abc'],
      ['typed', 'ab', 'abc'],
      ['binary', Uint8Array.of(1), Uint8Array.of(1, 2, 3)],
      [upper, 'AB', 'ABC'],
    ] as const) {
      const uri = fresh();
      const writer = await createStore(uri, { valueEncoding, schema });
      expect(refusal(() => writer.put('a', bad as never)).message).toBe('value: too long');
      writer.put('a', good as never);
      await writer.close();
      for (const views of [false, true]) {
        await using reader = await openStore(uri, { valueEncoding, schema, views });
        expect(reader.getSync('a')).toEqual(good);
        expect([...reader.valuesSync()]).toEqual([good]);
      }
    }
  });

  it('shows keys as the caller knows them', async () => {
    for (const [keyEncoding, key, shown] of [
      ['number', 1.5, '1.5'],
      ['bigint', 7n, '7'],
      ['uuid', '018f3a2b-4c5d-7e6f-8a9b-0c1d2e3f4a5b', '018f3a2b-4c5d-7e6f-8a9b-0c1d2e3f4a5b'],
      ['tuple', ['a', 1], '["a",1]'],
      ['binary', new Uint8Array(100), `0x${'00'.repeat(31)}…`],
      ['utf8', 'k'.repeat(100), `"${'k'.repeat(63)}…`],
    ] as const) {
      const uri = fresh();
      const writer = await createStore(uri, { keyEncoding });
      writer.put(key as never, 'x');
      await writer.close();
      await using reader = await openStore(uri, { keyEncoding, schema: z.number() });
      const error = failureNow(() => reader.getSync(key as never), 'SCHEMA_MISMATCH');
      expect(error.message).toContain(`of the key ${shown} does`);
    }
  });
});

describe('every way to read', () => {
  const root = temporaryDirectory();
  const path = (): string => join(root, 'store');
  const COUNT = 300;
  const key = (i: number): string => `k${String(i).padStart(4, '0')}`;
  const schema = z.object({ n: z.number() }).transform(({ n }) => n);
  const strict = z.object({ n: z.number().max(COUNT / 2) });

  beforeAll(async () => {
    const writer = await createStore(path(), { blockBytes: 512, partitionBytes: 4096 });
    for (let i = 0; i < COUNT; i++) writer.put(key(i), { n: i });
    await writer.close();
  });

  const ways: [string, OpenStoreOptions][] = [
    ['resident', {}],
    ['without a cache', { cacheBytes: 0 }],
    ['with views', { views: true }],
    ['checked always', { verify: 'always' }],
  ];

  /** What each method gives for the entry of that number. */
  async function readings(
    reader: StoreReader<string, unknown>,
    i: number,
  ): Promise<[string, () => unknown][]> {
    const range = { gte: key(i), lte: key(i) };
    const from = <T>(entries: Iterable<T>): T => [...entries][0] as T;
    const later = async <T>(entries: AsyncIterable<T>): Promise<T> => {
      for await (const entry of entries) return entry;
      throw new Error('there is none');
    };
    const visited = (): [() => unknown, (k: string, value: unknown) => void] => {
      let found: unknown;
      return [
        () => found,
        (_, value) => {
          found = value;
        },
      ];
    };
    return [
      ['getSync', () => reader.getSync(key(i))],
      ['get', () => reader.get(key(i))],
      ['getManySync', () => reader.getManySync([key(i)])[0]],
      ['getMany', async () => (await reader.getMany([key(i)]))[0]],
      ['atSync', () => reader.atSync(i)?.[1]],
      ['at', async () => (await reader.at(i))?.[1]],
      ['floorSync', () => reader.floorSync(`${key(i)}~`)?.[1]],
      ['floor', async () => (await reader.floor(`${key(i)}~`))?.[1]],
      ['ceilingSync', () => reader.ceilingSync(key(i))?.[1]],
      ['ceiling', async () => (await reader.ceiling(key(i)))?.[1]],
      ['entriesSync', () => from(reader.entriesSync(range))[1]],
      ['entries', async () => (await later(reader.entries(range)))[1]],
      ['valuesSync', () => from(reader.valuesSync(range))],
      ['values', () => later(reader.values(range))],
      ['batchesSync', () => from(reader.batchesSync(range))[0][1]],
      ['batches', async () => (await later(reader.batches(range)))[0][1]],
      [
        'forEachSync',
        () => {
          const [found, visit] = visited();
          reader.forEachSync(visit, range);
          return found();
        },
      ],
      [
        'forEach',
        async () => {
          const [found, visit] = visited();
          await reader.forEach(visit, range);
          return found();
        },
      ],
      ['iteration', () => from(reader)[1]],
    ];
  }

  it.each(ways)('gives what the schema gives: %s', async (_, options) => {
    await using reader = await openStore<string, unknown>(path(), { ...options, schema });
    for (const i of [0, COUNT - 1]) {
      for (const [name, read] of await readings(reader, i)) {
        expect([name, await read()]).toEqual([name, name === 'iteration' ? 0 : i]);
      }
    }
    expect(reader.firstSync()).toEqual([key(0), 0]);
    expect(await reader.last()).toEqual([key(COUNT - 1), COUNT - 1]);
    expect(reader.sampleSync(COUNT, { seed: 1 }).map(([, value]) => value)).toEqual([...reader.valuesSync()]);
    expect((await reader.sample(5, { seed: 1 })).every(([, value]) => typeof value === 'number')).toBe(true);
  });

  it.each(ways)('refuses what does not meet it, and names the key: %s', async (_, options) => {
    const bad = COUNT - 7;
    await using reader = await openStore<string, unknown>(path(), { ...options, schema: strict });
    for (const [name, read] of await readings(reader, bad)) {
      if (name === 'iteration') continue;
      const attempt = (async () => read())();
      await expect(attempt, name).rejects.toThrow(
        expect.objectContaining({
          code: 'SCHEMA_MISMATCH',
          argument: 'schema',
          key: new TextEncoder().encode(key(bad)),
          message: expect.stringContaining(`the value of the key "${key(bad)}"`),
        }),
      );
    }
    expect(() => reader.lastSync()).toThrow('does not meet the schema');
    await expect(reader.sample(COUNT)).rejects.toThrow('does not meet the schema');
  });

  it('leaves alone what reads no values', async () => {
    await using reader = await openStore(path(), { schema: z.never() });
    expect(reader.hasSync(key(1))).toBe(true);
    expect(reader.countSync()).toBe(COUNT);
    expect([...reader.keysSync({ limit: 1 })]).toEqual([key(0)]);
    expect(reader.rankSync(key(3))).toBe(3);
    expect((await reader.verify()).ok).toBe(true);
  });

  afterAll(() => rmSync(root, { recursive: true, force: true }));
});
