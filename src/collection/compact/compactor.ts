import type { OpenVersion } from '../read/open-version.ts';
import { bytesOf, entriesOf, type Generation, nameOf } from '../version/version-state.ts';
import type { Committer, Proposal } from '../write/committer.ts';
import { GenerationWriter } from '../write/generation-writer.ts';
import { InlineWriter } from '../write/inline-writer.ts';
import { mergeGenerations } from '../write/merge-generations.ts';
import { MAX_INLINE_BYTES } from '../write/propose-changes.ts';
import type { Run } from './compaction-policy.ts';

/** How generations are compacted. */
export interface CompactorOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** A merged run, before a version names it. */
export interface Compacted {
  /** The names of the generations that were merged, the newest first. */
  readonly merged: readonly string[];
  /** Undefined if nothing is left of them. */
  readonly generation: Generation | undefined;
  /** Whether older generations were there, so that tombstones were kept. */
  readonly keptTombstones: boolean;
  abandon(): Promise<void>;
}

/** Merges generations of a collection into one. */
export class Compactor {
  readonly #committer: Committer;

  constructor(committer: Committer) {
    this.#committer = committer;
  }

  /**
   * Merges a run of a version's generations: into the version file if little is left of them, else into files.
   *
   * @throws {CairnError} (as a rejection) `CORRUPTION`, `IO`; the signal's reason. Nothing is left then.
   */
  async merge(version: OpenVersion, { first, end }: Run, options: CompactorOptions): Promise<Compacted> {
    const run = version.generations.slice(first, end);
    const keptTombstones = end < version.generations.length;
    const isMarked = keptTombstones && run.some(({ generation }) => generation.tombstones > 0);
    const bytes = run.reduce((sum, { generation }) => sum + bytesOf(generation), 0);
    const total = run.reduce((sum, { generation }) => sum + entriesOf(generation), 0);
    const { signal } = options;
    const onProgress = options.onProgress && ((done: number) => options.onProgress?.(done, total));
    const merged = run.map(({ generation }) => nameOf(generation));
    const { directory, definition, checksum, host } = this.#committer;
    const word = host.uniqueName();
    // Only the newest generation may lie in the version file.
    if (first === 0 && bytes <= MAX_INLINE_BYTES) {
      const writer = await InlineWriter.create(definition, checksum);
      const sink = writer.begin(`part-00000-${word}.cairn`, directory.uri, isMarked);
      await mergeGenerations(run, sink, { tombstones: isMarked, signal, onProgress });
      const generation = await sink.finish();
      return { merged, generation, keptTombstones, abandon: async () => undefined };
    }
    const writer = await GenerationWriter.begin(directory, definition, { word, isMarked, checksum });
    try {
      await mergeGenerations(run, writer, { tombstones: isMarked, signal, onProgress });
      const generation = await writer.finish();
      return { merged, generation, keptTombstones, abandon: () => writer.abandon() };
    } catch (error) {
      await writer.abandon();
      throw error;
    }
  }
}

/**
 * Proposes a version in which a merged run takes the place of its generations; undefined if these are not there any more,
 * one after the other: then another process has compacted them, or everything was replaced.
 */
export function proposeCompacted(
  base: OpenVersion,
  { merged, generation, keptTombstones }: Compacted,
  oldestFor: (number: number) => number,
): Proposal | undefined {
  const generations = base.state?.generations ?? [];
  const first = generations.findIndex((one) => nameOf(one) === merged[0]);
  if (first < 0) return undefined;
  const end = first + merged.length;
  const names = generations.slice(first, end).map(nameOf);
  const isThere = names.length === merged.length && names.every((name, i) => name === merged[i]);
  if (!isThere) return undefined;
  // Without older generations tombstones were left out: there must still be none.
  if (!keptTombstones && end < generations.length) return undefined;
  const rest = [...generations.slice(0, first), ...(generation === undefined ? [] : [generation])];
  return {
    cause: 'compaction',
    sets: 0,
    deletes: 0,
    bytes: 0,
    generations: [...rest, ...generations.slice(end)],
    oldest: oldestFor(base.number + 1),
    // The merged files are not of this attempt alone.
    abandon: async () => undefined,
  };
}
