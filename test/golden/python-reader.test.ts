import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Temporal } from 'temporal-polyfill';
import { afterAll, describe, expect, it, type TestContext } from 'vitest';
import { fromHex } from '../../src/bytes/hex.ts';
import { DURATION_FIELDS } from '../../src/codec/temporal.ts';
import { openCollection } from '../../src/collection/index.ts';
import '../../src/node/register.ts';
import { writeFile } from '../support/storage-tools.ts';
import { GOLDEN_CASES, type GoldenCase } from './golden-cases.ts';
import { digestEntries, goldenNames, goldenStore, readExpected, storeFiles } from './golden-files.ts';

const READER = fileURLToPath(new URL('../../fixtures/read_cairn.py', import.meta.url));
const PYTHON = ['python3', 'python'].find((command) => spawnSync(command, ['--version']).status === 0);

interface Outcome {
  readonly status: number | null;
  readonly lines: readonly Record<string, unknown>[];
  readonly stderr: string;
}

/** What the independent reader says of a store; skips the test where there is no Python. */
function readWithPython(store: string, context: TestContext): Outcome {
  if (PYTHON === undefined) context.skip('there is no python3 here: the independent reader was not run');
  const { status, stdout, stderr } = spawnSync(PYTHON as string, [READER, store], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const lines = stdout.split('\n').filter((line) => line !== '');
  return { status, lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>), stderr };
}

describe.each(goldenNames())('the independent reader on the golden store %s', (name) => {
  it('finds all in order, and the entries that are expected', (context) => {
    const expected = readExpected(name);
    const { status, lines, stderr } = readWithPython(goldenStore(name), context);
    expect({ status, wrong: stderr.includes('WRONG') ? stderr : '' }).toEqual({ status: 0, wrong: '' });
    const [store, ...entries] = lines;
    const { id, count, keyEncoding, valueEncoding, compression, metadata, partitions } = expected;
    expect(store).toMatchObject({ id, count, keyEncoding, valueEncoding, compression, metadata, partitions });
    if (Number(store.undecodedBlocks) > 0) context.skip(`entries not compared: ${stderr.trim()}`);
    const encoded = entries.map(({ key, value }) => ({
      key: fromHex(String(key)) as Uint8Array,
      value: fromHex(String(value)) as Uint8Array,
    }));
    expect(encoded).toHaveLength(count);
    expect(digestEntries(encoded)).toBe(expected.sha256);
    const golden = GOLDEN_CASES.find((one) => one.name === name) as GoldenCase;
    if (['number', 'bigint', 'uuid'].includes(keyEncoding)) {
      expect(entries.map(({ decodedKey }) => sameKind(decodedKey as string, keyEncoding))).toEqual(
        golden.entries.map(([key]) => key),
      );
    }
    if (valueEncoding === 'typed') {
      expect(entries.map(({ decodedValue }) => decodedValue)).toEqual(
        golden.entries.map(([, value], i) =>
          pythonValue(value, entries[i].decodedValue as [string, unknown]),
        ),
      );
    }
  });
});

/** A key or number as Python shows it. */
function sameKind(text: string, encoding: string): unknown {
  if (encoding === 'bigint') return BigInt(text);
  return encoding === 'number' ? Number(text.replace('inf', 'Infinity')) : text;
}

/** A typed value as the independent reader shows it: the name of its type, and what it holds. */
function pythonValue(value: unknown, shown: [string, unknown]): [string, unknown] {
  if (value === null || typeof value === 'boolean') return ['constant', value];
  if (typeof value === 'number') {
    const number = sameKind(shown[1] as string, 'number');
    return ['number', Object.is(number, value) ? shown[1] : value];
  }
  if (typeof value === 'bigint') return ['bigint', `${value}`];
  if (typeof value === 'string') return ['string', value];
  if (value instanceof Temporal.Instant) {
    const [seconds, nanoseconds] = shown[1] as [number, number];
    const same = BigInt(seconds) * 10n ** 9n + BigInt(nanoseconds) === value.epochNanoseconds;
    return ['instant', same ? shown[1] : value.toString()];
  }
  if (value instanceof Temporal.PlainDate) return ['plainDate', [value.year, value.month, value.day]];
  if (value instanceof Temporal.PlainDateTime) {
    const { year, month, day, hour, minute, second } = value;
    const nanoseconds = value.millisecond * 1_000_000 + value.microsecond * 1000 + value.nanosecond;
    return ['plainDateTime', [year, month, day, hour, minute, second, nanoseconds]];
  }
  if (value instanceof Temporal.Duration) return ['duration', DURATION_FIELDS.map((name) => value[name])];
  return ['json', value];
}

describe('the independent reader on a collection', () => {
  const root = mkdtempSync(join(tmpdir(), 'cairnkv-python-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('finds the newest version: files, small changes and tombstones', async (context) => {
    await using collection = await openCollection<string, string>(root, {
      valueEncoding: 'utf8',
      autoCompact: false,
    });
    expect(readWithPython(root, context)).toMatchObject({ stderr: '', lines: [{ number: 0, count: 0 }] });
    const large = Array.from({ length: 40 }, (_, i): { set: [string, string] } => ({
      set: [`k${i}`, `${i}`.repeat(2000)],
    }));
    await collection.commit(large);
    await collection.commit([{ set: ['k1', 'new'] }, { delete: 'k2' }, { set: ['empty', ''] }]);
    await collection.commit(async (tx) => tx.deleteRange({ gte: 'k30', lt: 'k35' }));
    const expected: [string, string][] = [];
    for await (const [key, value] of collection.entries()) expected.push([key, value]);
    const { status, lines, stderr } = readWithPython(root, context);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [head, ...entries] = lines;
    expect(head).toMatchObject({ number: 3, count: 35, valueEncoding: 'utf8' });
    const text = (hex: unknown): string => Buffer.from(String(hex), 'hex').toString();
    expect(entries.map(({ key, value }) => [text(key), text(value)])).toEqual(expected);
  });
});

describe('the independent reader on a damaged store', () => {
  const root = mkdtempSync(join(tmpdir(), 'cairnkv-python-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('refuses a flipped bit in each part of it', async (context) => {
    const files = await storeFiles(goldenStore('two-entries'));
    for (const [path, bytes] of files) {
      for (let at = 5; at < bytes.length; at += Math.ceil(bytes.length / 8)) {
        for (const [other, content] of files) await writeFile(`${root}/${other}`, content);
        const damaged = bytes.slice();
        damaged[at] ^= 0x10;
        await writeFile(`${root}/${path}`, damaged);
        const { status, lines, stderr } = readWithPython(root, context);
        expect({ path, at, status, lines }).toEqual({ path, at, status: 1, lines: [] });
        expect(stderr).toMatch(/^WRONG: /);
      }
    }
  });
});
