import { narrowStorage, STORAGE_MEMBERS } from '../../src/io/narrow-storage.ts';
import type { Storage } from '../../src/io/storage.ts';
import { type Location, locate } from '../../src/io/uri.ts';

/** A complete storage that can also give files second names and move directories. */
export type MovingStorage = Storage & Required<Pick<Storage, 'link' | 'moveDirectory'>>;

/** The location that a URI names, in a storage that tests may do anything with. */
export function locateComplete(uri: string): Location<MovingStorage> {
  return narrowStorage(locate(uri), 'tested', [...STORAGE_MEMBERS, 'link', 'moveDirectory']);
}
