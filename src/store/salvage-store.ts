import { loadChecksum } from '../bytes/xxh64.ts';
import { checkOptions } from '../check-options.ts';
import { invalidArgument } from '../errors.ts';
import { HOST, type Host } from '../io/host.ts';
import { narrowStorage, STORAGE_MEMBERS } from '../io/narrow-storage.ts';
import { locate } from '../io/uri.ts';
import { FlipSearch } from '../partition/check/bit-flip-search.ts';
import { alreadyExists } from './manifest/already-exists.ts';
import { inspectPath, isWithin } from './manifest/store-directory.ts';
import type { SalvageOptions, SalvageReport } from './salvage/salvage.ts';
import { readPlan, Salvage } from './salvage/salvage.ts';
import { storeInfo } from './store-info.ts';

/**
 * Copies every entry of a damaged store that is provably intact into a new one, and says where entries are lost. The
 * damaged store stays as it is; the new one, with the same encodings, compression, block size and metadata, is there once
 * the promise has resolved, and not before.
 *
 * An entry is intact when the checksum of its block is right, by a sparse index that is proven in turn. Where a single bit
 * of a manifest or tail is flipped, it is turned back; never one of a block. A manifest that is beyond that is put
 * together from the partitions, if they can be proven to belong to one store; its metadata is lost then. A store
 * without any manifest is incomplete and nothing to salvage.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `INCOMPLETE`, `NOT_A_STORE`, `UNSUPPORTED_FORMAT`, `ALREADY_EXISTS`,
 *   `INVALID_ARGUMENT`, `CORRUPTION` when nothing of the store is proven, `IO`.
 *
 * @example
 * ```ts
 * import { createStore, salvageStore } from 'cairnkv';
 *
 * await createStore('memory:hurt').put('a', 1).close();
 * const { ok, info, lost } = await salvageStore('memory:hurt', 'memory:saved');
 * console.log(ok, info.count, lost); // true 1 []
 * ```
 */
export async function salvageStore(
  from: string | URL,
  to: string | URL,
  options: SalvageOptions = {},
  host: Host = HOST,
): Promise<SalvageReport> {
  const source = locate(from, 'from');
  const target = narrowStorage(locate(to, 'to'), 'written to', STORAGE_MEMBERS);
  checkOptions(options, ['onProgress', 'signal']);
  options.signal?.throwIfAborted();
  if (isWithin(target, source)) throw invalidArgument('to', `${target.uri} lies within ${source.uri}`);
  const checksum = await loadChecksum();
  const flips = new FlipSearch(checksum, true);
  const plan = await readPlan(source, checksum, flips, options.signal);
  const state = await inspectPath(target);
  if (state === 'complete' || state === 'file' || state === 'foreign') throw alreadyExists(target, state);
  const salvage = new Salvage(source, target, plan, checksum, flips, options);
  await salvage.run(host);
  return salvage.report(await storeInfo(to));
}
