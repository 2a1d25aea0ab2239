import { loadChecksum } from '../bytes/xxh64.ts';
import { checkOptions } from '../check-options.ts';
import { HOST, type Host } from '../io/host.ts';
import { FlipSearch } from '../partition/check/bit-flip-search.ts';
import { describeStoreAt } from './manifest/describe-store-at.ts';
import { StoreDirectory } from './manifest/store-directory.ts';
import { refuseWithin, StoreDraft, targetDirectory } from './manifest/store-draft.ts';
import type { SalvageOptions, SalvageReport } from './salvage/salvage.ts';
import { readPlan, Salvage } from './salvage/salvage.ts';

/**
 * Copies every entry of a damaged store that is provably intact into a new one, and reports where entries are lost. The
 * damaged store is unchanged; the new one, with the same encodings, compression, block size and metadata, becomes visible
 * when the promise resolves.
 *
 * An entry is intact if the checksum of its block is right, by a sparse index that is proven in turn. A single flipped bit
 * of a manifest or tail is repaired; never one of a block. A manifest that cannot be repaired is rebuilt from the
 * partitions, if they can be proven to belong to one store; its metadata is lost then. A store without any manifest is
 * incomplete and cannot be salvaged.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `INCOMPLETE`, `NOT_A_STORE`, `UNSUPPORTED_FORMAT`, `ALREADY_EXISTS`,
 *   `INVALID_ARGUMENT`, `CORRUPTION` if nothing of the store is proven, `IO`.
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
export function salvageStore(
  from: string | URL,
  to: string | URL,
  options?: SalvageOptions,
): Promise<SalvageReport>;
/** @internal With a clock and randomness of its own, for tests. */
export function salvageStore(
  from: string | URL,
  to: string | URL,
  options: SalvageOptions | undefined,
  host: Host,
): Promise<SalvageReport>;
export async function salvageStore(
  from: string | URL,
  to: string | URL,
  given: SalvageOptions = {},
  host: Host = HOST,
): Promise<SalvageReport> {
  const source = StoreDirectory.readWhole(from, 'from');
  const target = targetDirectory(to, 'to');
  const options = checkOptions(given, ['onProgress', 'signal']);
  options.signal?.throwIfAborted();
  refuseWithin(target, source);
  const checksum = await loadChecksum();
  const flips = new FlipSearch(checksum, true);
  const plan = await readPlan(source, checksum, flips, options.signal);
  const draft = await StoreDraft.begin(target, { checksum, signal: options.signal });
  const salvage = new Salvage(source, draft, plan, flips, options);
  const manifest = await draft.complete(() => salvage.run(host));
  return salvage.report(describeStoreAt(target, manifest));
}
