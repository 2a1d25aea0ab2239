import type { Checksum } from '../../bytes/checksum.ts';
import { loadCompressor } from '../../compression/compressors.ts';
import { isCairnError, notLoaded } from '../../errors.ts';
import { MAX_DATA_BYTES } from '../../format/limits.ts';
import { decodeProperties } from '../../format/properties.ts';
import type { Host } from '../../io/host.ts';
import type { FlipSearch } from '../../partition/check/bit-flip-search.ts';
import { intactBlocks, isWholeContent } from '../../partition/check/intact-blocks.ts';
import { usableTail } from '../../partition/check/usable-tail.ts';
import { keysOf, problemOf, type VerifyProblem } from '../../partition/check/verify-problem.ts';
import type { PartitionFile } from '../../partition/partition-file.ts';
import type { PartitionRecord } from '../../partition/partition-record.ts';
import type { PartitionTail } from '../../partition/partition-tail.ts';
import { ReadCounter } from '../../partition/read-counter.ts';
import type { Progress } from '../../progress.ts';
import { decodeManifest } from '../manifest/decode-manifest.ts';
import type { StoreInfo } from '../manifest/describe-store.ts';
import { type Manifest, withId } from '../manifest/manifest.ts';
import { notComplete } from '../manifest/path-state.ts';
import type { StoreDirectory } from '../manifest/store-directory.ts';
import type { StoreDraft } from '../manifest/store-draft.ts';
import { repairManifest } from '../verify/repair-manifest.ts';
import type { StoreBuilder } from '../write/store-builder.ts';
import { checkWriteOptions } from '../write/write-options.ts';
import { type LostRange, LostRanges } from './lost-ranges.ts';
import { type RebuiltManifest, rebuildManifest } from './rebuild-manifest.ts';

/** No writer of this library makes larger blocks. */
const MAX_BLOCK_BYTES = 1 << 24;

/** Progress and signal of a salvage. */
export interface SalvageOptions {
  /** Called after each block and partition with the bytes of the store that were checked or are lost. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The result of a salvage. */
export interface SalvageReport {
  /** Whether nothing is lost. */
  readonly ok: boolean;
  /** The new store. */
  readonly info: StoreInfo;
  /** Where entries are lost, in key order; never with a key that was saved. */
  readonly lost: readonly LostRange[];
  /** How many entries are lost; absent if that is unknown. */
  readonly lostEntries?: number;
  /** Whether the metadata is lost, because the manifest could not be repaired. */
  readonly metadataLost: boolean;
  /** The damage that concerns entries: `verifyStore` reports all of it. */
  readonly problems: readonly VerifyProblem[];
}

interface Plan extends RebuiltManifest {
  readonly metadataLost: boolean;
}

/**
 * Returns what the store consisted of, by its manifest, the repaired one, or one rebuilt from the partitions.
 */
export async function readPlan(
  source: StoreDirectory,
  checksum: Checksum,
  flips: FlipSearch,
  signal: AbortSignal | undefined,
): Promise<Plan> {
  const { manifest: path, manifestRegion } = source;
  const { file } = manifestRegion;
  const planOf = (manifest: Manifest, problems: readonly VerifyProblem[]): Plan => ({
    manifest,
    gaps: [],
    problems,
    metadataLost: false,
  });
  let bytes: Uint8Array;
  try {
    bytes = await source.readManifestBytes(signal);
  } catch (error) {
    if (isCairnError(error, 'NOT_FOUND')) throw notComplete(source, await source.state());
    throw error;
  }
  try {
    return planOf(decodeManifest(bytes, file, checksum), []);
  } catch (error) {
    if (!isCairnError(error, 'CORRUPTION')) throw error;
    const repaired = await repairManifest(bytes, file, checksum, flips);
    if (repaired !== undefined)
      return planOf(repaired.manifest, [problemOf(error, path, { flipped: repaired.flipped })]);
    const found = await rebuildManifest(source, bytes, error, checksum);
    return { ...found, problems: [problemOf(error, path), ...found.problems], metadataLost: true };
  }
}

/** A partition whose blocks can be proven. */
interface Proven {
  readonly file: PartitionFile;
  readonly tail: PartitionTail;
  /** Whether its properties are right, too. */
  readonly propertiesRight: boolean;
}

/** One salvage of one store. */
export class Salvage {
  readonly #source: StoreDirectory;
  readonly #draft: StoreDraft;
  readonly #plan: Plan;
  readonly #flips: FlipSearch;
  readonly #options: SalvageOptions;
  readonly #problems: VerifyProblem[];
  readonly #lost = new LostRanges();
  readonly #totalBytes: number;
  #bytes = 0;
  #builder: StoreBuilder | undefined;

  constructor(
    source: StoreDirectory,
    draft: StoreDraft,
    plan: Plan,
    flips: FlipSearch,
    options: SalvageOptions,
  ) {
    this.#source = source;
    this.#draft = draft;
    this.#plan = plan;
    this.#flips = flips;
    this.#options = options;
    this.#problems = [...plan.problems];
    this.#totalBytes = plan.manifest.partitions.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  report(info: StoreInfo): SalvageReport {
    const lost = this.#lost.ranges;
    const known = lost.every(({ entries }) => entries !== undefined);
    const { metadataLost } = this.#plan;
    return {
      ok: lost.length === 0 && !metadataLost,
      info,
      lost,
      ...(known ? { lostEntries: lost.reduce((sum, { entries }) => sum + (entries as number), 0) } : {}),
      metadataLost,
      problems: this.#problems,
    };
  }

  /** Copies what is proven into the draft, and commits it; returns the new manifest. */
  async run(host: Host): Promise<Manifest> {
    const { manifest, gaps } = this.#plan;
    for (const [i, record] of manifest.partitions.entries()) {
      if (gaps[i]) this.#lost.lose(undefined);
      const before = this.#bytes;
      await this.#partition(record, host);
      // Its indexes and the blocks that could not be copied are done, too.
      this.#advance(Math.max(0, before + record.bytes - this.#bytes));
    }
    if (gaps[manifest.partitions.length]) this.#lost.lose(undefined);
    this.#lost.end();
    const partitions = (await this.#builder?.finish()) ?? [];
    this.#options.signal?.throwIfAborted();
    const saved = withId({ ...manifest, partitions }, this.#draft.checksum);
    await this.#draft.commit(saved);
    return saved;
  }

  /** Reports bytes that were checked, at most all. */
  #advance(bytes: number): void {
    this.#bytes += bytes;
    const done = Math.min(this.#bytes, this.#totalBytes);
    this.#options.onProgress?.({ unit: 'bytes', done, total: this.#totalBytes });
  }

  async #partition(record: PartitionRecord, host: Host): Promise<void> {
    const { storage } = this.#source;
    const name = this.#source.partition(record.name);
    const problems = this.#problems;
    try {
      const source = await storage.open(name, record, this.#options.signal);
      try {
        const found = await usableTail(source, record, {
          checksum: this.#draft.checksum,
          flips: this.#flips,
          observer: { problem: (problem) => problems.push(problem), advance: () => undefined },
          counter: new ReadCounter(),
          signal: this.#options.signal,
        });
        if (found === undefined || !(await this.#isProven(found))) {
          this.#lost.lose(record.count);
          return;
        }
        await this.#copy(found, host);
      } finally {
        await source.close();
      }
    } catch (error) {
      // A file that does not exist, or that the disk cannot read.
      const gone =
        isCairnError(error, 'NOT_FOUND') || (isCairnError(error, 'IO') && error.operation === 'open');
      if (!gone || (isCairnError(error, 'IO') && error.transient === true)) throw error;
      problems.push(problemOf(error, storage.uri(name), { keys: keysOf(record) }));
      this.#lost.lose(record.count);
    }
  }

  /** Whether a file is the one that the manifest names, by its tail or by all of its content. */
  async #isProven({ file, tail, propertiesRight }: Proven): Promise<boolean> {
    return propertiesRight || isWholeContent(file, tail.index, this.#draft.checksum, this.#options.signal);
  }

  async #copy(proven: Proven, host: Host): Promise<void> {
    const { file, tail } = proven;
    this.#builder ??= await this.#createBuilder(proven, host);
    const { index } = tail;
    for await (const found of intactBlocks(file, index, this.#options.signal)) {
      if ('problem' in found) {
        this.#problems.push(found.problem);
        this.#lost.lose(found.entries);
      } else {
        const { bytes, spans, count } = found;
        const first = bytes.slice(spans.keyStarts[0], spans.keyEnds[0]);
        for (let i = 0; i < count; i++) {
          this.#builder.key.setRange(bytes, spans.keyStarts[i], spans.keyEnds[i]);
          const waiting = this.#builder.add(bytes.subarray(spans.keyEnds[i], spans.valueEnds[i]));
          if (waiting !== undefined) await waiting;
        }
        this.#lost.save(first, bytes.slice(spans.keyStarts[count - 1], spans.keyEnds[count - 1]));
      }
      this.#advance(index.storedLength(found.block));
    }
    // The new store's partitions have the same entries as the old one's.
    await this.#builder.roll();
  }

  async #createBuilder({ tail, propertiesRight }: Proven, host: Host): Promise<StoreBuilder> {
    const { StoreBuilder } = await import('../write/store-builder.ts').catch(notLoaded);
    const { keyEncoding, valueEncoding, compression } = this.#plan.manifest;
    const usual = checkWriteOptions({});
    const { blockBytes } = propertiesRight ? decodeProperties(tail.properties, tail.propertiesRegion) : usual;
    return StoreBuilder.create(this.#draft, {
      keyEncoding,
      valueEncoding,
      compressor: await loadCompressor(compression),
      // Large enough for any old partition, so that `roll` alone ends the new ones.
      partitionBytes: 2 * MAX_DATA_BYTES,
      blockBytes: Math.min(blockBytes, MAX_BLOCK_BYTES),
      hashIndex: tail.footer.hashLength > 0,
      attemptId: host.uniqueName(),
    });
  }
}
