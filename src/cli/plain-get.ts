import type { GetArgs } from './usage/read.ts';

/** What the parser would load code for: a store that is no path, and whatever else has the form of a URI. */
const URI = /^[a-zA-Z][a-zA-Z0-9+.-]+:/;

/**
 * Returns what `cairn get` is told by a command line that names a store on this machine and keys, and nothing else; or
 * undefined for any other command line. It says the same as the parser, which takes longer to load than a look-up takes.
 */
export function plainGet(argv: readonly string[]): GetArgs | undefined {
  const [name, store, ...keys] = argv;
  if (name !== 'get' || keys.length === 0) return undefined;
  if ([store, ...keys].some((word) => word.startsWith('-') || URI.test(word))) return undefined;
  return { store, keys, keyFormat: 'auto' };
}
