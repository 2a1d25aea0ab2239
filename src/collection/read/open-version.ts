import type { Checksum } from '../../bytes/checksum.ts';
import type { VersionState } from '../version/version-state.ts';
import type { GenerationPool, GenerationReader } from './generation-reader.ts';

/** What a version's generations are given back to. */
export type GenerationOwner = Pick<GenerationPool, 'checksum' | 'release'>;

/** A version whose generations are open, the newest first; of the empty collection, none. */
export class OpenVersion {
  /** Undefined where nothing has been committed. */
  readonly state: VersionState | undefined;
  readonly generations: readonly GenerationReader[];
  readonly #pool: GenerationOwner;
  #uses = 1;

  private constructor(
    pool: GenerationOwner,
    state: VersionState | undefined,
    generations: readonly GenerationReader[],
  ) {
    this.#pool = pool;
    this.state = state;
    this.generations = generations;
  }

  /**
   * Opens a version; {@link release} it.
   *
   * @throws {GenerationGone} (as a rejection) if a file is missing.
   */
  static async open(
    pool: GenerationPool,
    state: VersionState | undefined,
    signal?: AbortSignal,
  ): Promise<OpenVersion> {
    return new OpenVersion(pool, state, await pool.open(state?.generations ?? [], signal));
  }

  /** A version of generations that are open already; {@link release} gives them back to their owner. */
  static of(
    owner: GenerationOwner,
    state: VersionState | undefined,
    generations: readonly GenerationReader[],
  ): OpenVersion {
    return new OpenVersion(owner, state, generations);
  }

  /** What its files are checked with. */
  get checksum(): Checksum {
    return this.#pool.checksum;
  }

  /** 0 for the empty collection. */
  get number(): number {
    return this.state?.number ?? 0;
  }

  /** Keeps the version open for one more user, who releases it. */
  retain(): this {
    this.#uses++;
    return this;
  }

  /** Closes what nobody uses any more. */
  release(): void {
    if (--this.#uses === 0) this.#pool.release(this.generations);
  }
}
