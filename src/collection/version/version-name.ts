/** No version has a greater number. */
export const MAX_VERSION: number = 2 ** 48 - 1;

const DIGITS = 12;

/**
 * Returns the name of a version's file: what is left to the greatest number comes first, so that the newest version is the
 * first name where a storage lists names in order.
 */
export function versionName(number: number): string {
  return `${(MAX_VERSION - number).toString(16).padStart(DIGITS, '0')}-${number}.version`;
}

/** Returns the number of the version whose file has this name; undefined if it is none. */
export function versionNumber(name: string): number | undefined {
  const match = /^[0-9a-f]{12}-([1-9]\d{0,14})\.version$/.exec(name);
  const number = Number(match?.[1]);
  return match !== null && versionName(number) === name ? number : undefined;
}

/**
 * Returns the name of the file from which a collection's versions go on: it has the place of a version before the first. Its
 * name has the collection's word, so that nobody makes it again once it was removed.
 */
export function beginName(id: string): string {
  return `${'f'.repeat(DIGITS)}-0-${id}.version`;
}

/** What that file holds: web servers have trouble with files of no bytes. */
export function beginBytes(): Uint8Array {
  return new TextEncoder().encode('begin\n');
}

/** Whether a file has such a name, of whichever collection. */
export function isBeginName(name: string): boolean {
  return /^f{12}-0-[A-Za-z0-9]{1,64}\.version$/.test(name);
}

/** The words by which collections are told apart. */
export const COLLECTION_ID: RegExp = /^[A-Za-z0-9]{1,64}$/;

/** The names that a storage gives a version file, or the definition, until it is in place. */
export const TEMPORARY_FILE: RegExp =
  /^(?:[0-9a-f]{12}-(?:[1-9]\d{0,14}|0-[A-Za-z0-9]{1,64})\.version|COLLECTION\.json|LATEST)\.[A-Za-z0-9]+\.tmp$/;
