import { compareBytes } from '../../bytes/compare.ts';
import type { Storage } from '../../io/storage.ts';
import { FOUND, MISSING } from '../../partition/cache/outcome.ts';
import { EVERYTHING } from '../../store/read/range.ts';
import { countEntries } from '../read/count-entries.ts';
import type { GenerationPool, GenerationReader } from '../read/generation-reader.ts';
import { LayeredLookup } from '../read/layered-lookup.ts';
import { MergeScan } from '../read/merge-scan.ts';
import type { OpenVersion } from '../read/open-version.ts';
import type { CollectionDirectory } from '../version/collection-directory.ts';
import { bytesOf, type Definition, entriesOf, type Generation } from '../version/version-state.ts';
import type { ChangeSet, SpilledChanges } from './change-set.ts';
import type { Proposal } from './committer.ts';
import type { GenerationSink } from './generation-sink.ts';
import { GenerationWriter } from './generation-writer.ts';
import type { InlineWriter } from './inline-writer.ts';
import { mergeGenerations } from './merge-generations.ts';

/**
 * Changes of up to so many bytes lie in the version file itself, together with those of earlier commits: a commit is one
 * small file then. Each commit writes them again, so that more would cost more than a file now and then.
 */
export const MAX_INLINE_BYTES: number = 64 * 1024;

/** What an entry takes in a partition besides its bytes, about. */
const ENTRY_BYTES = 10;

/** Makes versions out of changes. */
export class ChangeProposer {
  readonly #directory: CollectionDirectory<Storage>;
  readonly #definition: Definition;
  readonly #pool: GenerationPool;
  readonly #inline: InlineWriter;
  readonly #uniqueName: () => string;

  constructor(
    directory: CollectionDirectory<Storage>,
    definition: Definition,
    pool: GenerationPool,
    inline: InlineWriter,
    uniqueName: () => string,
  ) {
    this.#directory = directory;
    this.#definition = definition;
    this.#pool = pool;
    this.#inline = inline;
    this.#uniqueName = uniqueName;
  }

  /** Writes a part of a change to files. */
  readonly spill = (
    isMarked: boolean,
    fill: (sink: GenerationSink) => Promise<void>,
  ): Promise<SpilledChanges> => this.#write(isMarked, fill);

  /** Returns a generation in memory with the changes that are in memory, open; it need not be released. */
  async inMemory(changes: ChangeSet): Promise<GenerationReader[]> {
    const sink = this.#inline.begin(
      `part-00000-${this.#uniqueName()}.cairn`,
      this.#directory.uri,
      changes.deletes > 0,
    );
    await changes.fill(sink);
    const generation = await sink.finish();
    return generation === undefined ? [] : await this.#pool.open([generation]);
  }

  /**
   * Proposes a version on top of `base`, in which the changes are made; with `replaces`, one that has nothing else.
   *
   * @throws {CairnError} (as a rejection) `CORRUPTION`, `TOO_LARGE`, `IO`.
   */
  async propose(base: OpenVersion, given: ChangeSet, replaces: boolean): Promise<Proposal> {
    const isAlone = replaces || given.isReplacement;
    const changes = await this.emptyRanges(isAlone ? [] : base.generations, given);
    // What is written to files by and by may only have to be named, if its keys came in order.
    if ((await given.spills()).length > 0 && given.ranges.length === 0) await given.flush();
    const spills = await given.spills();
    const below = isAlone ? [] : (base.state?.generations ?? []);
    const counts = await this.#counts(base, changes, spills, isAlone && !replaces);
    const inline = below[0]?.inline === undefined ? undefined : base.generations[0];
    const older = inline === undefined ? below : below.slice(1);
    if (inline === undefined && spills.length === 0) {
      const { generation, abandon } = await this.#writeAlone(changes, older.length > 0);
      const generations = generation === undefined ? older : [generation, ...older];
      return { cause: 'commit', ...counts, generations, abandon };
    }
    const joined = changes.size === 0 ? join(spills) : undefined;
    if (joined !== undefined) {
      const earlier = inline && (await this.#writeMerged([inline], older.length > 0 && inline.isMarked));
      const generations = [
        joined,
        ...(earlier?.generation === undefined ? [] : [earlier.generation]),
        ...older,
      ];
      return { cause: 'commit', ...counts, generations, abandon: earlier?.abandon ?? nothing };
    }
    const own = await this.inMemory(changes);
    const opened = await this.#pool.open(spills.map(({ generation }) => generation));
    try {
      const inlineBytes = inline === undefined ? 0 : bytesOf(inline.generation);
      const size = changes.bytes + changes.size * ENTRY_BYTES + inlineBytes;
      const isSmall = spills.length === 0 && size <= MAX_INLINE_BYTES;
      // Earlier small changes come along as long as they fit, and are written to files with those that don't.
      const layers = [...own, ...opened, ...(inline === undefined ? [] : [inline])];
      const hasTombstones = layers.some(({ generation }) => generation.tombstones > 0);
      const isMarked = older.length > 0 && hasTombstones;
      if (layers.length === 0) return { cause: 'commit', ...counts, generations: older, abandon: nothing };
      if (isSmall) {
        const generation = await this.#mergeInline(layers, isMarked);
        const generations = generation === undefined ? older : [generation, ...older];
        return { cause: 'commit', ...counts, generations, abandon: nothing };
      }
      const written = await this.#writeMerged(layers, isMarked);
      const generations = written.generation === undefined ? older : [written.generation, ...older];
      return { cause: 'commit', ...counts, generations, abandon: written.abandon };
    } finally {
      this.#pool.release(own);
      this.#pool.release(opened);
    }
  }

  /** The changes in memory, and a deletion of each key in a range which they empty: of the base's, and of older changes'. */
  async emptyRanges(base: readonly GenerationReader[], given: ChangeSet): Promise<ChangeSet> {
    if (given.ranges.length === 0) return given;
    const changes = given.copy();
    const spilled = await this.#pool.open((await given.spills()).map(({ generation }) => generation));
    const lookup = new LayeredLookup();
    try {
      for (const { range, spills } of given.ranges) {
        const newer = spilled.slice(0, Math.max(0, spilled.length - spills));
        const scan = new MergeScan([...spilled.slice(newer.length), ...base], range);
        try {
          for (;;) {
            const next = scan.next();
            if (!(typeof next === 'boolean' ? next : await next)) break;
            const { keyStarts, keyEnds } = scan.current.spans;
            for (let i = scan.from; i < scan.from + scan.spans.count; i++) {
              lookup.key.setRange(scan.current.bytes, keyStarts[i], keyEnds[i]);
              if (changes.get(lookup.key) !== undefined || (await has(lookup, newer))) continue;
              changes.delete(lookup.key);
            }
          }
        } finally {
          scan.close();
        }
      }
      return changes;
    } finally {
      this.#pool.release(spilled);
    }
  }

  async #counts(
    base: OpenVersion,
    changes: ChangeSet,
    spills: readonly SpilledChanges[],
    emptied: boolean,
  ): Promise<{ sets: number; deletes: number; bytes: number }> {
    let { deletes, bytes } = changes;
    let sets = changes.size - deletes;
    for (const { generation } of spills) {
      deletes += generation.tombstones;
      sets += entriesOf(generation) - generation.tombstones;
      bytes += generation.partitions.reduce((sum, { dataBytes }) => sum + dataBytes, 0);
    }
    if (emptied) deletes += await countEntries(base.generations, EVERYTHING, nothingToCheck);
    return { sets, deletes, bytes };
  }

  async #mergeInline(
    layers: readonly GenerationReader[],
    isMarked: boolean,
  ): Promise<Generation | undefined> {
    const [first] = layers;
    if (layers.length === 1 && first.isMarked === isMarked && first.generation.inline !== undefined)
      return first.generation;
    const name = `part-00000-${this.#uniqueName()}.cairn`;
    const sink = this.#inline.begin(name, this.#directory.uri, isMarked);
    await mergeGenerations(layers, sink, { tombstones: isMarked });
    return sink.finish();
  }

  /** Writes changes with which nothing is merged; their tombstones only where there are older generations. */
  async #writeAlone(
    changes: ChangeSet,
    hasOlder: boolean,
  ): Promise<{ generation: Generation | undefined; abandon: () => Promise<void> }> {
    const isMarked = hasOlder && changes.deletes > 0;
    if (changes.bytes + changes.size * ENTRY_BYTES > MAX_INLINE_BYTES)
      return this.#write(isMarked, (sink) => changes.fill(sink, isMarked));
    const name = `part-00000-${this.#uniqueName()}.cairn`;
    const sink = this.#inline.begin(name, this.#directory.uri, isMarked);
    await changes.fill(sink, isMarked);
    return { generation: await sink.finish(), abandon: nothing };
  }

  #writeMerged(
    layers: readonly GenerationReader[],
    isMarked: boolean,
  ): Promise<{ generation: Generation | undefined; abandon: () => Promise<void> }> {
    return this.#write(isMarked, async (sink) => {
      await mergeGenerations(layers, sink, { tombstones: isMarked });
    }) as Promise<{ generation: Generation | undefined; abandon: () => Promise<void> }>;
  }

  async #write(isMarked: boolean, fill: (sink: GenerationSink) => Promise<void>): Promise<SpilledChanges> {
    const writer = await GenerationWriter.begin(this.#directory, this.#definition, {
      word: this.#uniqueName(),
      isMarked,
      checksum: this.#pool.checksum,
    });
    try {
      await fill(writer);
      const generation = (await writer.finish()) as Generation;
      return { generation, abandon: () => writer.abandon() };
    } catch (error) {
      await writer.abandon();
      throw error;
    }
  }
}

/** One generation of all partitions of some, if their keys don't overlap and no tombstones are among them. */
function join(spills: readonly SpilledChanges[]): Generation | undefined {
  if (spills.length === 0 || spills.some(({ generation }) => generation.isMarked)) return undefined;
  const partitions = spills.flatMap(({ generation }) => generation.partitions);
  partitions.sort((a, b) => compareBytes(a.firstKey, b.firstKey));
  for (let i = 1; i < partitions.length; i++) {
    if (compareBytes(partitions[i - 1].lastKey, partitions[i].firstKey) >= 0) return undefined;
  }
  return { tombstones: 0, isMarked: false, partitions };
}

async function has(lookup: LayeredLookup, generations: readonly GenerationReader[]): Promise<boolean> {
  if (generations.length === 0) return false;
  const outcome = lookup.find(generations, true);
  if (outcome !== MISSING) return outcome === FOUND;
  return (await lookup.findLater(generations, () => true, nothingToCheck, undefined)) === true;
}

async function nothing(): Promise<void> {}

function nothingToCheck(): void {}
