/** What a process is to do. */
export interface KilledJob {
  readonly uri: string;
  /** Tells it from the others, and is the same when it is started again. */
  readonly name: string;
  /** Where it notes its commits: a line for each beginning, and one for each answer. */
  readonly log: string;
  readonly seed: number;
  /** Commits that are answered before it ends; 0 for no end. */
  readonly commits: number;
}

/** What a commit does. */
export type KilledKind = 'small' | 'wide' | 'list' | 'count';

/** A line of the log. */
export type KilledLine =
  | { readonly begins: number; readonly kind: KilledKind; readonly deletes?: number }
  | { readonly answered: number; readonly version: number };

/** Too large for a version file together with a few more: then commits write partition files, too. */
export const WIDE: string = 'w'.repeat(9000);
