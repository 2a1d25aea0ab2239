import type { ObjectAnswer } from './object-answer.ts';

/** The metadata that says which attempt made an object. */
export interface WriteMark {
  readonly header: string;
  readonly writeId: string;
}

/**
 * What came of making an object. `made`: it is there, by us. `taken`: another one is there. `gone`: what it was to be
 * made of is not there any more.
 */
export type PutState = 'made' | 'taken' | 'gone';

/** Whose an object is. */
export type Owner = 'us' | 'another' | 'nobody';

/** Whose an object is, by what the storage answered about it; undefined when it said that there is none. */
export function ownerIn(answer: ObjectAnswer | undefined, { header, writeId }: WriteMark): Owner {
  if (answer === undefined) return 'nobody';
  return answer.headers.get(header) === writeId ? 'us' : 'another';
}

/**
 * The ETag of what may be replaced, read in `answer`; `ours` when it has been already, by a try whose answer was lost.
 *
 * @throws {CairnError} what the answer says, and what `check` throws.
 */
export function replaceableVersion(
  answer: ObjectAnswer,
  uri: string,
  mark: WriteMark,
  check: (current: Uint8Array) => void,
): string {
  if (!answer.ok) throw answer.error('reading', uri);
  if (ownerIn(answer, mark) === 'us') return 'ours';
  check(answer.body);
  const etag = answer.headers.get('etag');
  if (etag === null) throw answer.error('reading', uri);
  return etag;
}
