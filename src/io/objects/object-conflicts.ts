import { CairnError } from '../../errors.ts';

/** Returns the error for a name that is taken. */
export function existsAlready(uri: string): CairnError {
  return new CairnError('ALREADY_EXISTS', `${uri} exists already`, { uri });
}

/** Returns the error for a file that changed since it was read; the message ends with the advice. */
export function changedMeanwhile(uri: string, advice = 'try again'): CairnError {
  return new CairnError('CONFLICT', `${uri} was changed by another writer meanwhile; ${advice}`, { uri });
}
