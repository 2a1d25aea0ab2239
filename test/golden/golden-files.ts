import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toHex } from '../../src/bytes/hex.ts';
import { inspectFile } from '../../src/inspect/index.ts';
import { openStore, type StoreInfo } from '../../src/node/index.ts';
import { readFile, tree } from '../support/storage-tools.ts';
import { buildStore } from './build-golden.ts';
import { type EncodedEntry, encodeEntries, type GoldenCase } from './golden-cases.ts';

const ROOT: string = fileURLToPath(new URL('../../fixtures/golden/v1', import.meta.url));

/** Entries of more bytes than this are summarised. */
const MAX_LISTED_BYTES = 16_384;

/** What `expected.json` says of a golden store. */
export interface Expected {
  readonly about: string;
  readonly id: string;
  readonly count: number;
  readonly keyEncoding: string;
  readonly valueEncoding: string;
  readonly compression: string;
  readonly metadata: unknown;
  readonly partitions: number;
  /** SHA-256 over a line for each entry: key in hex, a space, value in hex, a line feed. */
  readonly sha256: string;
  /** Key and value of each entry in hex; absent where they are long. */
  readonly entries?: readonly (readonly [key: string, value: string])[];
}

/** The store of a case, as a path. */
export function goldenStore(name: string): string {
  return join(ROOT, name, 'store');
}

/** The names of the cases that there are files for. */
export function goldenNames(): string[] {
  return readdirSync(ROOT).sort();
}

export function readExpected(name: string): Expected {
  return JSON.parse(readFileSync(join(ROOT, name, 'expected.json'), 'utf8')) as Expected;
}

export function readDump(name: string): string {
  return readFileSync(join(ROOT, name, 'dump.txt'), 'utf8');
}

/** The golden files of a store, or of a copy, by their paths in it. */
export async function storeFiles(uri: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const path of await tree(uri))
    if (!path.endsWith('/')) files.set(path, await readFile(`${uri}/${path}`));
  return files;
}

/** What `expected.json` should say of a case, given what its store says of itself. */
export function expectedOf(golden: GoldenCase, info: StoreInfo): Expected {
  const entries = encodeEntries(golden);
  const bytes = entries.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
  return {
    about: golden.about,
    id: info.id,
    count: entries.length,
    keyEncoding: golden.options.keyEncoding,
    valueEncoding: golden.options.valueEncoding,
    compression: info.compression,
    metadata: golden.options.metadata ?? {},
    partitions: info.partitions.length,
    sha256: digestEntries(entries),
    ...(bytes > MAX_LISTED_BYTES
      ? {}
      : { entries: entries.map(({ key, value }): [string, string] => [toHex(key), toHex(value)]) }),
  };
}

export function digestEntries(entries: Iterable<EncodedEntry>): string {
  const hash = createHash('sha256');
  for (const { key, value } of entries) hash.update(`${toHex(key)} ${toHex(value)}\n`);
  return hash.digest('hex');
}

/** What `dump.txt` should hold: the first partition in hex, or the manifest where there is none. */
export async function dumpOf(store: string): Promise<string> {
  const [partition] = (await tree(store)).filter((path) => path.endsWith('.cairn'));
  let dump = '';
  for await (const line of inspectFile(`${store}/${partition ?? 'MANIFEST.json'}`, { hex: true }))
    dump += `${line}\n`;
  return dump;
}

/** Writes all files of a case anew: for changes of a format that nobody uses yet. */
export async function rewriteGolden(golden: GoldenCase): Promise<void> {
  const directory = join(ROOT, golden.name);
  rmSync(directory, { recursive: true, force: true });
  const memory = `memory:rewritten/${golden.name}`;
  await buildStore(golden, memory);
  for (const [path, bytes] of await storeFiles(memory)) write(join(directory, 'store', path), bytes);
  await using reader = await openStore(memory);
  write(join(directory, 'expected.json'), showExpected(expectedOf(golden, reader.info)));
  write(join(directory, 'dump.txt'), await dumpOf(goldenStore(golden.name)));
}

/** Removes what belongs to no case any more. */
export function removeOthers(names: readonly string[]): void {
  if (!existsSync(ROOT)) return;
  for (const name of readdirSync(ROOT)) {
    if (!names.includes(name)) rmSync(join(ROOT, name), { recursive: true });
  }
}

/** One line for each entry, so that a difference shows where it is. */
function showExpected(expected: Expected): string {
  const { entries, ...rest } = expected;
  const text = JSON.stringify(rest, null, 2);
  if (entries === undefined) return `${text}\n`;
  const lines = entries.map((entry) => `    ${JSON.stringify(entry)}`);
  return `${text.slice(0, -2)},\n  "entries": [${lines.length === 0 ? '' : `\n${lines.join(',\n')}\n  `}]\n}\n`;
}

function write(file: string, contents: Uint8Array | string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, contents);
}
