import { notFound, Refusal } from './refusal.ts';

/**
 * Returns the parts of the path behind a prefix, each decoded: plain names, none of which leads up, into another directory
 * or to a hidden file.
 *
 * @param path as it was sent, with its escapes.
 * @throws {Refusal} 400 for broken escapes, 404 for what is no plain name.
 */
export function namesIn(path: string, prefix: string): string[] {
  const rest = path.slice(prefix.length);
  if (rest === '') return [];
  return rest.split('/').map(plainName);
}

/** Decodes one part of a path. @throws {Refusal} as {@link namesIn}. */
export function plainName(part: string): string {
  const name = decoded(part);
  if (isPlainName(name)) return name;
  throw notFound(`there is nothing named ${JSON.stringify(name.slice(0, 100))}`);
}

/** Whether a name is one that a store, a collection or one of their files may have in a directory. */
export function isPlainName(name: string): boolean {
  return (
    name.length > 0 &&
    name.length <= 255 &&
    !name.startsWith('.') &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: names with such characters are those of attackers.
    !/[/\\\u0000-\u001f\u007f]/.test(name)
  );
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Refusal(400, {
      code: 'INVALID_ARGUMENT',
      reason: 'Bad Request',
      message: `the path has a broken escape: ${JSON.stringify(part.slice(0, 100))}`,
    });
  }
}
