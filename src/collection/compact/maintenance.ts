import { CairnError, isCairnError } from '../../errors.ts';
import type { Progress } from '../../progress.ts';
import type { OpenVersion } from '../read/open-version.ts';
import { bytesOf, type VersionState } from '../version/version-state.ts';
import type { CommitQueue } from '../write/commit-queue.ts';
import type { Committer } from '../write/committer.ts';
import { chooseOldest, chooseRun, type Run, STALLING_GENERATIONS } from './compaction-policy.ts';
import { type Compacted, type Compactor, proposeCompacted } from './compactor.ts';
import { putHint } from './put-hint.ts';
import { endOfOldFiles, READERS_AGE_MS, removeDropped } from './remove-dropped.ts';

/** The hint is written after so many commits, and when a handle is closed. */
const COMMITS_PER_HINT = 16;

/** The files of old versions are looked for after so many commits: a listing takes a call for each file there. */
const COMMITS_PER_PRUNING = 64;

/** How often a compaction begins anew because other processes have compacted the same generations. */
const MAX_ATTEMPTS = 32;

/** What is done for a collection beside its commits: compaction, removal of files, the hint for readers without listings. */
export class Maintenance {
  readonly #committer: Committer;
  readonly #compactor: Compactor;
  readonly #autoCompact: boolean;
  readonly #keepVersions: number;
  readonly #stopped = new AbortController();
  #running: Promise<void> | undefined;
  /** Its first step, which runs beside commits; and its last, which takes a turn among them, and is taken once. */
  #merging: Promise<Compacted | undefined> | undefined;
  #finish: (() => Promise<boolean>) | undefined;
  /** The newest version that was committed here, and the number in the hint. */
  #committed: VersionState | undefined;
  #hinted = 0;
  /** The newest version when files of old ones were last removed. */
  #pruned = 0;
  /** The oldest version whose file may be there, once a listing has shown it. */
  #firstFile: number | undefined;
  /** Whether it was written here. */
  #isHintThere = false;

  constructor(
    committer: Committer,
    compactor: Compactor,
    { autoCompact, keepVersions }: { readonly autoCompact: boolean; readonly keepVersions: number },
  ) {
    this.#committer = committer;
    this.#compactor = compactor;
    this.#autoCompact = autoCompact;
    this.#keepVersions = keepVersions;
  }

  /**
   * Ends the compaction under way if a version has so many generations that look-ups become slow. It is called in the turn
   * of a commit, which the compaction's own would wait for: that is taken here.
   */
  async makeRoom({ generations }: OpenVersion): Promise<void> {
    if (generations.length < STALLING_GENERATIONS) return;
    // Why it fails is no concern of the commit.
    await this.#merging?.catch(() => undefined);
    await this.#finish?.().catch(() => undefined);
  }

  /** Begins a compaction if it is worth it, and none is under way. Nobody waits for it. */
  afterCommit(
    version: OpenVersion,
    handle: { current(): OpenVersion; goTo(version: OpenVersion): void },
    queue: CommitQueue,
  ): void {
    this.#committed = version.state;
    if (version.number - this.#hinted >= COMMITS_PER_HINT)
      queue.add(() => this.#writeHint()).catch(() => undefined);
    if (!this.#autoCompact || this.#running !== undefined) return;
    const work = this.#choose(version);
    if (work === undefined) return;
    const base = version.retain();
    const ended = (): void => {
      base.release();
      this.#running = undefined;
      this.#merging = undefined;
      this.#finish = undefined;
    };
    this.#running = this.#compactRun(base, work, queue, handle).then(
      (isDone) => {
        ended();
        if (isDone) this.afterCommit(handle.current(), handle, queue);
      },
      // The commits are safe without it, and the next one begins it again; `compact()` says what is wrong.
      ended,
    );
  }

  /** Compacts in the turn of the caller, and returns the newest version, open. */
  async compact(
    base: OpenVersion,
    {
      full,
      keepVersions,
      signal,
      onProgress,
    }: {
      readonly full: boolean;
      readonly keepVersions: number;
      readonly signal: AbortSignal | undefined;
      readonly onProgress: ((progress: Progress) => void) | undefined;
    },
  ): Promise<OpenVersion> {
    const { uri } = this.#committer.directory;
    let current = base.retain();
    try {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const { state } = current;
        if (state === undefined) return current.retain();
        const oldestFor = await this.#oldestFor(state, keepVersions);
        const run = full ? everything(state) : chooseRun(state.generations);
        if (run === undefined && oldestFor(state.number + 1) <= state.oldest) {
          await this.#removeDropped(state, signal);
          onProgress?.({ unit: 'entries', done: 0, total: 0 });
          return current.retain();
        }
        const merged =
          run &&
          (await this.#compactor.merge(current, run, {
            signal,
            onProgress: onProgress && ((done, total) => onProgress({ unit: 'entries', done, total })),
          }));
        const { next, isDone } = await this.#commit(current, merged, oldestFor);
        if (isDone) {
          await this.#removeDropped(next.state as VersionState, signal);
          this.#committed = next.state;
          await this.#writeHint();
          return next;
        }
        current.release();
        current = next;
      }
    } finally {
      current.release();
    }
    throw new CairnError(
      'CONFLICT',
      `other writers changed ${uri} ${MAX_ATTEMPTS} times while it was compacted; try again when there are fewer`,
      { uri },
    );
  }

  /** Waits for what runs in the background, and for what that begins in turn. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Ends what runs in the background, and leaves a hint. */
  async close(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
    await this.#writeHint();
  }

  #choose(version: OpenVersion): { run: Run | undefined; oldest: number | undefined } | undefined {
    const { state } = version;
    if (state === undefined || this.#stopped.signal.aborted) return undefined;
    const run = chooseRun(state.generations);
    if (run !== undefined) return { run, oldest: undefined };
    const live = state.generations.reduce((sum, one) => sum + bytesOf(one), 0);
    const droppable = state.dropped.filter(({ since }) => since > state.oldest);
    const oldest = chooseOldest(live, droppable);
    return oldest === undefined ? undefined : { run, oldest };
  }

  /** Returns whether a version has come of it: if not, others have been at work on the same generations. */
  async #compactRun(
    base: OpenVersion,
    { run, oldest }: { run: Run | undefined; oldest: number | undefined },
    queue: CommitQueue,
    handle: { current(): OpenVersion; goTo(version: OpenVersion): void },
  ): Promise<boolean> {
    const { signal } = this.#stopped;
    const state = base.state as VersionState;
    const kept = await this.#oldestFor(state, this.#keepVersions);
    const oldestFor = (number: number): number =>
      oldest === undefined ? kept(number) : Math.min(oldest, kept(number));
    this.#merging =
      run === undefined ? Promise.resolve(undefined) : this.#compactor.merge(base, run, { signal });
    const merged = await this.#merging;
    let finished: Promise<boolean> | undefined;
    this.#finish = () => {
      finished ??= finish();
      return finished;
    };
    const finish = async (): Promise<boolean> => {
      const current = handle.current();
      const { next, isDone } = await this.#commit(current, merged, oldestFor);
      // A handle goes on only where the contents are those that it has.
      const isSame = next.state?.changed === current.state?.changed;
      const newest = next.state as VersionState;
      if (isSame && next.number > current.number) handle.goTo(next);
      else next.release();
      if (isDone) await this.#removeDropped(newest, signal);
      return isDone;
    };
    return queue.add(this.#finish);
  }

  /**
   * Commits a merged run, or without one what is to be kept, on top of the newest version; or gives the run up, because
   * others have been at work on its generations. The merged files serve for every attempt, and go if none succeeds.
   */
  async #commit(
    base: OpenVersion,
    merged: Compacted | undefined,
    oldestFor: (number: number) => number,
  ): Promise<{ next: OpenVersion; isDone: boolean }> {
    let isDone = false;
    try {
      const next = await this.#committer.commit(base, async (newest) => {
        const proposal = merged
          ? proposeCompacted(newest, merged, oldestFor)
          : proposeOldest(newest, oldestFor(newest.number + 1));
        isDone = proposal !== undefined;
        return proposal;
      });
      if (!isDone) await merged?.abandon();
      return { next, isDone };
    } catch (error) {
      if (!isCairnError(error, 'IO') || error.unanswered !== true) await merged?.abandon();
      throw error;
    }
  }

  /** Returns the oldest version to be kept when a version with a number follows `state`. */
  async #oldestFor(state: VersionState, keepVersions: number): Promise<(number: number) => number> {
    if (keepVersions === 1) return (number) => number;
    let { oldest, changed } = state;
    let kept = changed;
    // Versions count whose contents differ.
    for (let i = 1; i < keepVersions && changed - 1 >= oldest; i++) {
      kept = changed - 1;
      const before = await this.#committer.directory.readVersion(kept);
      if (before === undefined) break;
      changed = before.changed;
      oldest = Math.max(oldest, 1);
    }
    return () => kept;
  }

  async #removeDropped(newest: VersionState, signal: AbortSignal | undefined): Promise<void> {
    const { directory, host, removed } = this.#committer;
    const ageMs = directory.storage.keepsRemoved === true ? 0 : READERS_AGE_MS;
    const keepsVersionFiles = newest.number - this.#pruned < COMMITS_PER_PRUNING;
    const names = await removeDropped(directory, newest, {
      ageMs,
      nowMs: host.now(),
      keepsVersionFiles,
      firstFile: this.#firstFile,
      signal,
    });
    if (!keepsVersionFiles) {
      this.#pruned = newest.number;
      this.#firstFile = Math.max(this.#firstFile ?? 0, endOfOldFiles(newest));
    }
    for (const name of names) removed.add(name);
  }

  /** Writes where to look first for the newest version. It is a hint: what goes wrong with it makes opening slower. */
  async #writeHint(): Promise<void> {
    const number = this.#committed?.number ?? 0;
    if (number <= this.#hinted) return;
    this.#hinted = number;
    const { directory } = this.#committer;
    await putHint(directory, number, this.#isHintThere).then(
      () => {
        this.#isHintThere = true;
      },
      () => undefined,
    );
  }
}

/** All generations, if there are several or if tombstones are among them. */
function everything({ generations }: VersionState): Run | undefined {
  const [first] = generations;
  if (first === undefined || (generations.length === 1 && !first.isMarked)) return undefined;
  return { first: 0, end: generations.length };
}

function proposeOldest({ state }: OpenVersion, oldest: number): ReturnType<typeof proposeCompacted> {
  if (state === undefined || oldest <= state.oldest) return undefined;
  const { generations } = state;
  return {
    cause: 'compaction',
    sets: 0,
    deletes: 0,
    bytes: 0,
    generations,
    oldest,
    abandon: async () => undefined,
  };
}
