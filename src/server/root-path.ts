import { notFound } from './refusal.ts';

/**
 * Returns the parts of the path behind a prefix, each decoded: plain names, none of which leads up, into another directory
 * or to a hidden file.
 *
 * @param path as it was sent, with its escapes, which are valid.
 * @throws {Refusal} 404 for what is no plain name.
 */
export function namesIn(path: string, prefix: string): string[] {
  const rest = path.slice(prefix.length);
  if (rest === '') return [];
  return rest.split('/').map((part) => {
    const name = decodeURIComponent(part);
    if (isPlainName(name)) return name;
    throw notFound(`there is nothing named ${JSON.stringify(name.slice(0, 100))}`);
  });
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
