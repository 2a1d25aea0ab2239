import { compareBytes } from '../bytes/compare.ts';
import { toHex } from '../bytes/hex.ts';
import { KeyBuffer } from '../bytes/key-buffer.ts';
import { checkOptions } from '../check-options.ts';
import { isKeyEncodingName, type KeyEncodingName } from '../codec/encoding-names.ts';
import type { KeyCodec } from '../codec/keys/key-codec.ts';
import { keyCodecFor } from '../codec/keys/key-codecs.ts';
import { asText, invalidArgument } from '../errors.ts';
import { openStore } from '../store/open-store.ts';
import type { StoreReader } from '../store/read/store-reader.ts';

/** Where the ranges of keys begin that tasks write, as plain JSON: it can be sent to another process or kept in a file. */
export interface Splitters {
  readonly keyEncoding: KeyEncodingName;
  /** The first keys of all ranges but the first, encoded, in hex: one fewer than there are tasks, fewer if there are few keys. */
  readonly keys: readonly string[];
}

/** Among how many tasks keys are divided. */
export interface SampleSplittersOptions {
  readonly tasks: number;
  /** The same seed and stores have the same splitters; default: 0. */
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Keys that are looked at for each task: the heaviest of 8 tasks, and of many more, has at most 1.2 times the mean. */
export const SAMPLES_PER_TASK = 400;

/**
 * Returns splitters that divide the keys of stores evenly among tasks, for {@link rangePartitioner}. Reads 400 keys a task,
 * from stores in proportion to their entries: each is a read of at most one block.
 *
 * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT`, also for stores whose keys have different encodings, `NOT_FOUND`,
 *   `CORRUPTION`, `IO`.
 *
 * @example
 * ```ts
 * import { createStore } from 'cairnkv';
 * import { rangePartitioner, sampleSplitters } from 'cairnkv/batch';
 *
 * await createStore('memory:marks').put('a', 1).put('b', 2).put('c', 3).put('d', 4).close();
 * const splitters = await sampleSplitters('memory:marks', { tasks: 2 });
 * const { taskOf } = rangePartitioner(splitters);
 * console.log(taskOf('a'), taskOf('bb'), taskOf('z')); // 0 0 1
 * ```
 */
export async function sampleSplitters(
  sources: string | URL | readonly (string | URL)[],
  options: SampleSplittersOptions,
): Promise<Splitters> {
  const { tasks, seed = 0, signal } = checkOptions(options, ['tasks', 'seed', 'signal']);
  if (!Number.isSafeInteger(tasks) || tasks < 1)
    throw invalidArgument('tasks', `tasks must be a positive integer, not ${asText(tasks)}`);
  const list: readonly (string | URL)[] = Array.isArray(sources) ? sources : [sources as string | URL];
  if (list.length === 0) throw invalidArgument('sources', 'sources must name at least one store');
  const readers: StoreReader<unknown, unknown>[] = [];
  try {
    for (const uri of list) readers.push(await openStore<unknown, unknown>(uri, { signal }));
    const keyEncoding = encodingOf(readers);
    const samples = tasks === 1 ? [] : await sampleKeys(readers, keyEncoding, { tasks, seed, signal });
    return { keyEncoding, keys: chooseSplitters(samples, tasks).map(toHex) };
  } finally {
    await Promise.all(readers.map((reader) => reader.close()));
  }
}

/** Chooses the first keys of even ranges out of ascending samples; equal ones are chosen once. */
export function chooseSplitters(samples: readonly Uint8Array[], tasks: number): Uint8Array[] {
  const splitters: Uint8Array[] = [];
  for (let task = 1; task < tasks; task++) {
    const key = samples[Math.floor((samples.length * task) / tasks)];
    const before = splitters.at(-1);
    if (key !== undefined && (before === undefined || compareBytes(before, key) < 0)) splitters.push(key);
  }
  return splitters;
}

function encodingOf(readers: readonly StoreReader<unknown, unknown>[]): KeyEncodingName {
  const [first, ...others] = readers.map(({ info }) => info);
  const other = others.find(({ keyEncoding }) => keyEncoding !== first.keyEncoding);
  if (other !== undefined) {
    throw invalidArgument(
      'sources',
      `the keys of ${first.uri} are ${first.keyEncoding}, and those of ${other.uri} ${other.keyEncoding}: they have no common order`,
    );
  }
  if (isKeyEncodingName(first.keyEncoding)) return first.keyEncoding;
  throw invalidArgument('sources', `the keys of ${first.uri} have an encoding that is not built in`);
}

/** The sampled keys of all stores, ascending. */
async function sampleKeys(
  readers: readonly StoreReader<unknown, unknown>[],
  keyEncoding: KeyEncodingName,
  { tasks, seed, signal }: SampleSplittersOptions & { readonly seed: number },
): Promise<Uint8Array[]> {
  const codec = keyCodecFor(keyEncoding) as KeyCodec<unknown>;
  const buffer = new KeyBuffer();
  const total = readers.reduce((sum, { info }) => sum + info.count, 0);
  const samples: Uint8Array[] = [];
  for (const [i, reader] of readers.entries()) {
    const share = Math.ceil((tasks * SAMPLES_PER_TASK * reader.info.count) / Math.max(1, total));
    for (const [key] of await reader.sample(share, { seed: seed + i, signal }))
      samples.push(buffer.bytes.slice(0, codec.encodeInto(key, buffer.bytes)));
  }
  return samples.sort(compareBytes);
}
