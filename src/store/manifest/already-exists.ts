import { CairnError } from '../../errors.ts';
import type { Location } from '../../io/uri.ts';

/** The error for a place that a store cannot be made at, by what is there. */
export function alreadyExists({ uri }: Location, state: 'complete' | 'file' | 'foreign'): CairnError {
  const what =
    state === 'complete' ? 'a store' : state === 'file' ? 'a file' : 'a directory with other things in it';
  return new CairnError(
    'ALREADY_EXISTS',
    `${uri} is already ${what}; a store is written once. Choose another place, or delete it first`,
    { uri },
  );
}
