import type { Checksum } from '../bytes/checksum.ts';
import { isListable } from '../io/narrow-storage.ts';
import type { ListableStorage, ReadableStorage } from '../io/storage.ts';
import { decodeManifest, isTooDeep } from '../store/manifest/decode-manifest.ts';
import { DATA_DIRECTORY } from '../store/manifest/manifest.ts';
import { countOf, problemLines, table } from './lines.ts';
import { Problems } from './problems.ts';
import type { InspectedManifest } from './report.ts';

/** Reports the content of a manifest, valid or not. `path` is the file's path in the storage. */
export async function inspectManifest(
  storage: ReadableStorage,
  path: string,
  bytes: Uint8Array,
  checksum: Checksum,
): Promise<InspectedManifest> {
  const file = storage.uri(path);
  const problems = new Problems(file);
  problems.attempt('manifest', 0, () => decodeManifest(bytes, file, checksum));
  const document = parse(bytes);
  const data = storage.join(storage.split(path).directory, DATA_DIRECTORY);
  const sizes = isListable(storage) ? await sizesIn(storage, data) : undefined;
  for (const partition of sizes === undefined ? [] : partitionsOf(document)) {
    const name = textOf(partition.name);
    const size = sizes?.get(name);
    const { bytes: wanted } = partition;
    if (size === undefined) problems.note(name, 0, 'the file is missing in the data directory');
    else if (size !== wanted) problems.note(name, 0, `the file has ${size} bytes, not ${textOf(wanted)}`);
  }
  return {
    kind: 'manifest',
    file,
    bytes: bytes.length,
    ok: problems.list.length === 0,
    problems: problems.list,
    ...(document === undefined ? {} : { document }),
  };
}

/** The sizes in bytes of a directory's files, by name. */
async function sizesIn(storage: ListableStorage, directory: string): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  for await (const { kind, name, bytes } of storage.list(directory))
    if (kind === 'file') sizes.set(name, bytes);
  return sizes;
}

/** Yields the report as text. `name` is the file's name. */
export function* manifestLines(report: InspectedManifest, name: string): Generator<string, void> {
  const { document } = report;
  const fields = isObject(document) ? document : {};
  const version = textOf(fields.version ?? 'unknown');
  yield `${name}: cairn manifest, format version ${version}, ${countOf(report.bytes, 'byte')}`;
  yield* problemLines(report.problems);
  if (document === undefined) return;
  yield '';
  yield* table(
    Object.entries(fields)
      .filter(([field]) => field !== 'partitions')
      .map(([field, value]) => [field, textOf(value)]),
  );
  for (const partition of partitionsOf(document)) {
    yield '';
    yield textOf(partition.name);
    yield* table(
      Object.entries(partition)
        .filter(([field]) => field !== 'name')
        .map(([field, value]) => ['', field, short(textOf(value))]),
    );
  }
}

/** A JSON value as text. Not `String()`, which would call a member `toString` of an object. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
}

/** Shortens a key, which may have 131,070 digits. */
function short(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 64)}… (${text.length} characters)`;
}

/** Returns the document if it is JSON; if it is not, decoding it has noted the problem. */
function parse(bytes: Uint8Array): unknown {
  try {
    const document: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isTooDeep(document) ? undefined : document;
  } catch {
    return undefined;
  }
}

function partitionsOf(document: unknown): Record<string, unknown>[] {
  const list = isObject(document) ? document.partitions : undefined;
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
