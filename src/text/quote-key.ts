import { quoteVisibly } from '../bytes/quote-visibly.ts';

const MAX_CHARACTERS = 64;

/** A text key for messages: in quotes, with escapes for what cannot be seen; cut if it is long. */
export function quoteKey(key: string): string {
  return quoteVisibly(cutKey(key));
}

/** Cuts a key for messages if it is long. */
export function cutKey(text: string): string {
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
}
