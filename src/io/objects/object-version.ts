import type { ObjectAnswer } from './object-answer.ts';

/** The metadata that identifies the writer of an object. */
export interface WriteMark {
  readonly header: string;
  readonly writeId: string;
}

/**
 * The outcome of making an object. `made`: this writer made it. `taken`: the name has another object. `gone`:
 * the parts, or the source of the copy, do not exist any more.
 */
export type PutState = 'made' | 'taken' | 'gone';

/** The writer of an object: this one, another one, or nobody, as there is no object. */
export type Owner = 'us' | 'another' | 'nobody';

/** Returns the writer of an object by the answer about it; undefined is the answer that there is none. */
export function ownerIn(answer: ObjectAnswer | undefined, { header, writeId }: WriteMark): Owner {
  if (answer === undefined) return 'nobody';
  return answer.headers.get(header) === writeId ? 'us' : 'another';
}

/**
 * Returns the ETag of the object in `answer`, which may be replaced; `ours` if an attempt whose answer was
 * lost has replaced it.
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
