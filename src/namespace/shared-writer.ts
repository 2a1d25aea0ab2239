import type { KvChanges } from './kv-changes.ts';

/**
 * Changes namespaces, or throws before it has changed anything. It may be run several times; the last run
 * counts.
 */
export type Step<T> = (changes: KvChanges) => Promise<T>;

interface WaitingStep {
  readonly step: Step<unknown> | Promise<Step<unknown>>;
  readonly creates: boolean;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

type Outcome = { readonly result: unknown } | { readonly error: unknown };

/**
 * Commits a change. Where nothing is there, that is made if `creates`; otherwise the change sees nothing,
 * and is no commit.
 */
export type CommitChange = (change: (changes: KvChanges) => Promise<void>, creates: boolean) => Promise<void>;

/**
 * Makes one commit of the steps that wait while the commit before is under way: with many callers at once,
 * a commit costs the same as with one. Steps are run in the order of the calls, and each sees what those
 * before it have changed.
 */
export class SharedWriter {
  readonly #commit: CommitChange;
  #waiting: WaitingStep[] = [];
  #work: Promise<void> | undefined;

  constructor(commit: CommitChange) {
    this.#commit = commit;
  }

  /**
   * Resolves when the step's changes are durable. Rejects with what the step throws, or with what the
   * commit throws. A step that is still being prepared keeps its place.
   *
   * @param creates whether it is for the step to make what is written to.
   */
  run<T>(step: Step<T> | Promise<Step<T>>, creates: boolean): Promise<T> {
    // The caller learns of its rejection when its turn has come.
    if (step instanceof Promise) step.catch(() => undefined);
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ step, creates, resolve: resolve as (result: unknown) => void, reject });
      this.#work ??= this.#workOff();
    });
  }

  /** Waits for the steps that were handed in. */
  async idle(): Promise<void> {
    await this.#work;
  }

  async #workOff(): Promise<void> {
    // Calls of one turn share the first commit, too.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const steps = this.#waiting;
      this.#waiting = [];
      await this.#commitAll(steps);
    }
    this.#work = undefined;
  }

  async #commitAll(waiting: readonly WaitingStep[]): Promise<void> {
    const steps: { readonly step: Step<unknown>; readonly waiting: WaitingStep }[] = [];
    for (const one of waiting) {
      try {
        steps.push({ step: await one.step, waiting: one });
      } catch (error) {
        one.reject(error);
      }
    }
    if (steps.length === 0) return;
    let outcomes: Outcome[] = [];
    try {
      await this.#commit(
        async (changes) => {
          outcomes = [];
          for (const { step } of steps) outcomes.push(await outcomeOf(step, changes));
        },
        steps.some(({ waiting: { creates } }) => creates),
      );
    } catch (error) {
      for (const { waiting: one } of steps) one.reject(error);
      return;
    }
    for (const [i, outcome] of outcomes.entries()) {
      if ('result' in outcome) steps[i].waiting.resolve(outcome.result);
      else steps[i].waiting.reject(outcome.error);
    }
  }
}

async function outcomeOf(step: Step<unknown>, changes: KvChanges): Promise<Outcome> {
  try {
    return { result: await step(changes) };
  } catch (error) {
    return { error };
  }
}
