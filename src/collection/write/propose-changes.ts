import { compareBytes } from '../../bytes/compare.ts';
import { FOUND, MISSING } from '../../partition/cache/outcome.ts';
import { type EncodedRange, EVERYTHING } from '../../store/read/range.ts';
import { countEntries } from '../read/count-entries.ts';
import type { GenerationPool, GenerationReader } from '../read/generation-reader.ts';
import { LayeredLookup } from '../read/layered-lookup.ts';
import { MergeScan } from '../read/merge-scan.ts';
import type { OpenVersion } from '../read/open-version.ts';
import { bytesOf, entriesOf, type Generation } from '../version/version-state.ts';
import type { ChangeSet, SpilledChanges } from './change-set.ts';
import type { Committer, Proposal } from './committer.ts';
import type { GenerationSink } from './generation-sink.ts';
import { GenerationWriter } from './generation-writer.ts';
import type { InlineWriter } from './inline-writer.ts';
import { mergeChanges, mergeGenerations } from './merge-generations.ts';

/**
 * Changes of up to so many bytes lie in the version file itself, together with those of earlier commits: a commit is one
 * small file then. Each commit writes them again, so that more would cost more than a file now and then.
 */
export const MAX_INLINE_BYTES: number = 16 * 1024;

/** What an entry takes in a partition besides its bytes, about. */
const ENTRY_BYTES = 10;

/** A generation before a version names it; undefined if no entry is left of it. */
interface WrittenGeneration {
  readonly generation: Generation | undefined;
  /** Removes its files. */
  abandon(): Promise<void>;
}

/** Makes versions out of changes. */
export class ChangeProposer {
  readonly #pool: GenerationPool;
  readonly #inline: InlineWriter;
  readonly #committer: Committer;

  constructor(committer: Committer, inline: InlineWriter) {
    this.#committer = committer;
    this.#pool = committer.pool;
    this.#inline = inline;
  }

  /** Writes a part of a change to files. */
  readonly spill = (
    isMarked: boolean,
    fill: (sink: GenerationSink) => Promise<void>,
  ): Promise<SpilledChanges> => this.#write(isMarked, fill);

  /** Returns a generation in memory with the changes that are in memory, open; it need not be released. */
  async inMemory(changes: ChangeSet): Promise<GenerationReader[]> {
    const sink = this.#beginInline(changes.deletes > 0);
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
    try {
      return await this.#propose(base, given, changes, { isAlone, replaces });
    } finally {
      if (changes !== given) await changes.abandon();
    }
  }

  /** Proposes changes; `changes` are those in memory, and what empties the ranges of `given`. */
  async #propose(
    base: OpenVersion,
    given: ChangeSet,
    changes: ChangeSet,
    { isAlone, replaces }: { readonly isAlone: boolean; readonly replaces: boolean },
  ): Promise<Proposal> {
    // What is written to files by and by may only have to be named, if its keys came in order.
    if ((await given.spills()).length > 0 && given.ranges.length === 0) await given.flush();
    const emptied = changes === given ? [] : await changes.spills();
    const spills = [...emptied, ...(await given.spills())];
    const below = isAlone ? [] : (base.state?.generations ?? []);
    const counts = await this.#counts(base, changes, spills, isAlone && !replaces);
    const inline = below[0]?.inline === undefined ? undefined : base.generations[0];
    const older = inline === undefined ? below : below.slice(1);
    if (spills.length === 0) {
      const { generation, abandon } =
        inline === undefined
          ? await this.#writeAlone(changes, older.length > 0)
          : await this.#writeOnto(inline, changes, older.length > 0);
      const generations = generation === undefined ? older : [generation, ...older];
      return { cause: 'commit', ...counts, generations, abandon };
    }
    const joined = changes.size === 0 && emptied.length === 0 ? join(spills) : undefined;
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
      const layers = [...own, ...opened, ...(inline === undefined ? [] : [inline])];
      const hasTombstones = layers.some(({ generation }) => generation.tombstones > 0);
      const { generation, abandon } = await this.#writeMerged(layers, older.length > 0 && hasTombstones);
      const generations = generation === undefined ? older : [generation, ...older];
      return { cause: 'commit', ...counts, generations, abandon };
    } finally {
      this.#pool.release(own);
      this.#pool.release(opened);
    }
  }

  /**
   * Puts changes onto the earlier ones in the version file: these come along as long as they fit, and are written to files
   * with those that don't.
   */
  async #writeOnto(
    inline: GenerationReader,
    changes: ChangeSet,
    hasOlder: boolean,
  ): Promise<WrittenGeneration> {
    const isMarked = hasOlder && changes.deletes + inline.generation.tombstones > 0;
    if (changes.size === 0 && inline.isMarked === isMarked)
      return { generation: inline.generation, abandon: nothing };
    const size = changes.bytes + changes.size * ENTRY_BYTES + bytesOf(inline.generation);
    return this.#writeSized(size, isMarked, (sink) => mergeChanges(changes, inline, sink, isMarked));
  }

  /**
   * The changes in memory, and a deletion of each key in a range which they empty: of the base's, and of older changes'. What
   * is not `given` itself may have written files, which its {@link ChangeSet.abandon} removes.
   */
  async emptyRanges(base: readonly GenerationReader[], given: ChangeSet): Promise<ChangeSet> {
    if (given.ranges.length === 0) return given;
    const changes = given.copy();
    const spilled = await this.#pool.open((await given.spills()).map(({ generation }) => generation));
    try {
      for (const { range, spills } of given.ranges) {
        const newer = spilled.slice(0, Math.max(0, spilled.length - spills));
        const older = [...spilled.slice(newer.length), ...base];
        await deleteAll(older, range, changes, async (lookup) => {
          return given.get(lookup.key) !== undefined || (await has(lookup, newer));
        });
      }
      return changes;
    } catch (error) {
      await changes.abandon();
      throw error;
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

  /** Writes changes with which nothing is merged; their tombstones only where there are older generations. */
  #writeAlone(changes: ChangeSet, hasOlder: boolean): Promise<WrittenGeneration> {
    const isMarked = hasOlder && changes.deletes > 0;
    return this.#writeSized(changes.bytes + changes.size * ENTRY_BYTES, isMarked, (sink) =>
      changes.fill(sink, isMarked),
    );
  }

  /** Writes a generation of about so many bytes: into the version file if it is small, else to files. */
  async #writeSized(
    bytes: number,
    isMarked: boolean,
    fill: (sink: GenerationSink) => Promise<void>,
  ): Promise<WrittenGeneration> {
    if (bytes > MAX_INLINE_BYTES) return this.#write(isMarked, fill);
    const sink = this.#beginInline(isMarked);
    await fill(sink);
    return { generation: await sink.finish(), abandon: nothing };
  }

  /** Begins a generation in memory; it must be finished before the next one begins. */
  #beginInline(isMarked: boolean): GenerationSink {
    const { directory, host } = this.#committer;
    return this.#inline.begin(`part-00000-${host.uniqueName()}.cairn`, directory.uri, isMarked);
  }

  #writeMerged(layers: readonly GenerationReader[], isMarked: boolean): Promise<WrittenGeneration> {
    return this.#write(isMarked, async (sink) => {
      await mergeGenerations(layers, sink, { tombstones: isMarked });
    }) as Promise<WrittenGeneration>;
  }

  async #write(isMarked: boolean, fill: (sink: GenerationSink) => Promise<void>): Promise<SpilledChanges> {
    const { directory, definition, host, checksum } = this.#committer;
    await this.#committer.ensureMade();
    const writer = await GenerationWriter.begin(directory, definition, {
      word: host.uniqueName(),
      isMarked,
      checksum,
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

/** Deletes the keys of a range of some generations, except those that `isKept` says stay. */
async function deleteAll(
  generations: readonly GenerationReader[],
  range: EncodedRange,
  changes: ChangeSet,
  isKept: (lookup: LayeredLookup) => Promise<boolean>,
): Promise<void> {
  const lookup = new LayeredLookup();
  const scan = new MergeScan(generations, range);
  try {
    for (;;) {
      const next = scan.next();
      if (!(typeof next === 'boolean' ? next : await next)) return;
      const { keyStarts, keyEnds } = scan.current.spans;
      for (let i = scan.from; i < scan.from + scan.spans.count; i++) {
        lookup.key.setRange(scan.current.bytes, keyStarts[i], keyEnds[i]);
        if (await isKept(lookup)) continue;
        const waiting = changes.delete(lookup.key);
        if (waiting !== undefined) await waiting;
      }
    }
  } finally {
    scan.close();
  }
}

async function has(lookup: LayeredLookup, generations: readonly GenerationReader[]): Promise<boolean> {
  if (generations.length === 0) return false;
  const outcome = lookup.find(generations, true);
  if (outcome !== MISSING) return outcome === FOUND;
  return (await lookup.findLater(generations, () => true, nothingToCheck, undefined)) === true;
}

async function nothing(): Promise<void> {}

function nothingToCheck(): void {}
