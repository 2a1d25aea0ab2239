import type { Checksum } from '../../bytes/checksum.ts';
import type { JsonValue } from '../../codec/values/json-value.ts';
import { invalidArgument, isCairnError } from '../../errors.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { notComplete } from '../manifest/path-state.ts';
import type { StoreDirectory } from '../manifest/store-directory.ts';

/** Members of the metadata that say what the keys of a store mean: the order of a merged store needs one meaning. */
const MEANINGS = ['keyFormat', 'log'] as const;

/** The key format of IP addresses: 4 bytes for IPv4, 16 for IPv6. */
const ADDRESSES = 'ip';

type Metadata = Manifest['metadata'];

/** A store that is merged. */
export interface MergeSource {
  readonly directory: StoreDirectory;
  readonly manifest: Manifest;
}

/**
 * Reads the manifests of stores that are to be merged, and checks that they have the same encodings, and that
 * their keys have the same meaning.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `INCOMPLETE`, `NOT_A_STORE`, `INVALID_ARGUMENT`, `CORRUPTION`, `IO`.
 */
export async function readSources(
  directories: readonly StoreDirectory[],
  checksum: Checksum,
  signal: AbortSignal | undefined,
): Promise<MergeSource[]> {
  const sources: MergeSource[] = [];
  for (const directory of directories) {
    const manifest = await directory.readManifest(checksum, signal).catch(async (error: unknown) => {
      throw isCairnError(error, 'NOT_FOUND') ? notComplete(directory, await directory.state()) : error;
    });
    sources.push({ directory, manifest });
  }
  const [first] = sources;
  const { keyEncoding, valueEncoding } = first.manifest;
  for (const { directory, manifest } of sources) {
    if (manifest.keyEncoding === keyEncoding && manifest.valueEncoding === valueEncoding) continue;
    throw invalidArgument(
      'sources',
      `${directory.uri} has ${manifest.keyEncoding} keys and ${manifest.valueEncoding} values, but ` +
        `${first.directory.uri} has ${keyEncoding} keys and ${valueEncoding} values: write it again with these`,
    );
  }
  checkMeanings(sources);
  return sources;
}

/** Returns the members of the metadata on which all sources agree. */
export function commonMetadata(sources: readonly MergeSource[]): Metadata {
  const [first, ...others] = sources.map(({ manifest }) => manifest.metadata);
  const agreed = Object.entries(first).filter(([name, value]) =>
    others.every((other) => isSameJson(memberOf(other, name), value)),
  );
  return Object.fromEntries(agreed);
}

/**
 * Refuses sources whose metadata give the keys different meanings, and address keys of different lengths.
 *
 * @throws {CairnError} `INVALID_ARGUMENT`.
 */
function checkMeanings(sources: readonly MergeSource[]): void {
  const [first] = sources;
  for (const source of sources) {
    for (const name of MEANINGS) {
      const [a, b] = [memberOf(first.manifest.metadata, name), memberOf(source.manifest.metadata, name)];
      if (isSameJson(a, b)) continue;
      throw invalidArgument(
        'sources',
        `${source.directory.uri} has ${shown(b)} as ${name} in its metadata, but ${first.directory.uri} has ${shown(a)}: ` +
          'their keys mean different things. Write one of them again with the metadata of the other',
      );
    }
  }
  if (memberOf(first.manifest.metadata, 'keyFormat') !== ADDRESSES) return;
  const filled = sources.filter(({ manifest }) => manifest.partitions.length > 0);
  for (const source of filled) {
    const [a, b] = [keyBytesOf(filled[0]), keyBytesOf(source)];
    if (a === b) continue;
    throw invalidArgument(
      'sources',
      `the addresses of ${source.directory.uri} have ${b} bytes, but those of ${filled[0].directory.uri} have ${a}: ` +
        'together they have no order. Write all as IPv6, with IPv4 mapped (::ffff:a.b.c.d)',
    );
  }
}

function memberOf(metadata: Metadata, name: string): JsonValue | undefined {
  return Object.hasOwn(metadata, name) ? metadata[name] : undefined;
}

function keyBytesOf({ manifest }: MergeSource): number {
  return manifest.partitions[0].firstKey.length;
}

/** The order of the members of an object has no meaning. */
function isSameJson(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [Object.entries(a), new Map<string, JsonValue>(Object.entries(b))];
  return left.length === right.size && left.every(([name, value]) => isSameJson(value, right.get(name)));
}

function shown(value: JsonValue | undefined): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
