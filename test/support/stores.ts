import {
  type CreateStoreOptions,
  createStore,
  openStore,
  type StoreInfo,
  type StoreReader,
} from '../../src/index.ts';
import type { Place } from './places.ts';

/** Text to text: what most tests write. */
export type Pair = [key: string, value: string];

/** Stores of text under text keys. */
export const TEXT = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;
export type TextOptions = Omit<CreateStoreOptions, 'keyEncoding' | 'valueEncoding'>;

/** Writes a store of text and closes it. */
export async function fill(
  uri: string,
  pairs: Iterable<Pair>,
  options: TextOptions = {},
): Promise<StoreInfo<string>> {
  const writer = await createStore(uri, { ...TEXT, ...options });
  await writer.putAll(pairs);
  return writer.close();
}

/** Opens a store of text. */
export function open(uri: string): Promise<StoreReader<string, string>> {
  return openStore(uri, TEXT);
}

/** Opens a store of text, reads all of it, and closes it. */
export async function readAll(uri: string): Promise<Pair[]> {
  await using store = await open(uri);
  return await collect(store.entries());
}

/** What a key has: found without waiting, where that is possible. */
export async function lookUp<K, V>(store: StoreReader<K, V>, key: K, place: Place): Promise<V | undefined> {
  return place.objects ? store.get(key) : store.getSync(key);
}

/** Everything that an async iterable gives. */
export async function collect<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of iterable) items.push(item);
  return items;
}

/** `count` ascending pairs: `k0000` … with values that name them. */
export function numbered(count: number, prefix = 'k', valueBytes = 0): Pair[] {
  return Array.from({ length: count }, (_, i): Pair => {
    const number = String(i).padStart(5, '0');
    return [prefix + number, `v${number}`.padEnd(valueBytes, '.')];
  });
}

/** The sizes of stores that Alluxio's own tests tried. */
export type Size = 'empty' | 'two pairs' | 'three partitions';
export const SIZES: readonly Size[] = ['empty', 'two pairs', 'three partitions'];

/** Pairs that make a store of that size under {@link SMALL_PARTITIONS}. */
export function pairsOf(size: Size, prefix = 'k'): Pair[] {
  if (size === 'empty') return [];
  return size === 'two pairs' ? numbered(2, prefix) : numbered(9, prefix, 300);
}

/** With values of 300 bytes, three or four entries a partition. */
export const SMALL_PARTITIONS = { partitionBytes: 2048, blockBytes: 512 } as const;

/** Writes a store of that size; its pairs are {@link pairsOf}. */
export async function fillSized(uri: string, size: Size, prefix = 'k'): Promise<StoreInfo<string>> {
  const info = await fill(uri, pairsOf(size, prefix), SMALL_PARTITIONS);
  const partitions = { empty: 0, 'two pairs': 1, 'three partitions': 3 }[size];
  if (info.partitions.length !== partitions) {
    throw new Error(`the store was to have ${partitions} partitions, it has ${info.partitions.length}`);
  }
  return info;
}

export function bytes(...values: number[]): Uint8Array {
  return new Uint8Array(values);
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
