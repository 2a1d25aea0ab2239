import type { CairnError } from '../../errors.ts';
import type { CollectionDirectory } from '../version/collection-directory.ts';
import type { Definition, VersionState } from '../version/version-state.ts';
import { GenerationGone, type GenerationPool } from './generation-reader.ts';
import { OpenVersion } from './open-version.ts';

/** How often the newest version is opened again whose files vanish meanwhile. */
const MAX_ATTEMPTS = 9;

/** Where the newest version is looked for. */
export interface NewestPlace {
  readonly directory: CollectionDirectory;
  readonly pool: GenerationPool;
  readonly definition: Pick<Definition, 'id'>;
  /** Returns the error for a version of another collection. */
  readonly otherCollection: () => CairnError;
}

/**
 * Opens the newest version of a collection; release it.
 *
 * @param known a version that was valid once.
 * @throws {CairnError} (as a rejection) that for another collection, `CORRUPTION`, `UNSUPPORTED_FORMAT`, `IO`.
 */
export async function openNewest(
  { directory, pool, definition, otherCollection }: NewestPlace,
  known: VersionState | undefined,
  signal: AbortSignal | undefined,
): Promise<OpenVersion> {
  for (let attempt = 1; ; attempt++) {
    const state = await directory.newest(definition, known, signal);
    if (state !== undefined && state.id !== definition.id) throw otherCollection();
    try {
      return await OpenVersion.open(pool, state, signal);
    } catch (error) {
      // Compacted away between the two: then there is a newer one.
      if (!(error instanceof GenerationGone) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}
