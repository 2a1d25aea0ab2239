import { CairnError } from '../../errors.ts';

/** What a name is to be given to is there. */
export function existsAlready(uri: string): CairnError {
  return new CairnError('ALREADY_EXISTS', `${uri} exists already`, { uri });
}

/** What was looked at is another one now; what to do about it ends the message. */
export function changedMeanwhile(uri: string, advice = 'try again'): CairnError {
  return new CairnError('CONFLICT', `${uri} was changed by another writer meanwhile; ${advice}`, { uri });
}
