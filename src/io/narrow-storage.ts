import { CairnError } from '../errors.ts';
import type { ListableStorage, ReadableStorage, Storage } from './storage.ts';
import type { Location } from './uri.ts';

/** What a storage may lack. */
type Member = Exclude<keyof Storage, keyof ReadableStorage>;

/** A location whose storage has some members for certain, and perhaps the others of {@link Storage}. */
export type NarrowedLocation<M extends Member> = Location<
  ReadableStorage & Partial<Storage> & Required<Pick<Storage, M>>
>;

/** The members that every {@link Storage} has, beyond those for reading. */
type StorageMember = {
  [K in Member]: undefined extends Storage[K] ? never : K;
}[Member];

/** What it takes to write a store and to change it. */
export const STORAGE_MEMBERS: readonly StorageMember[] = [
  'create',
  'makeDirectory',
  'syncDirectory',
  'remove',
  'removeDirectory',
  'list',
  'putIfAbsent',
  'replace',
];

/** What it takes to remove files and directories. */
export const REMOVAL_MEMBERS = ['remove', 'removeDirectory', 'syncDirectory', 'list'] as const;

/** Whether a storage has directories that can be listed. */
export function isListable(storage: ReadableStorage): storage is ListableStorage {
  return typeof (storage as Partial<Storage>).list === 'function';
}

/**
 * Returns the location as one whose files are read from beginning to end, so that a server without ranges will do. What can
 * be written has ranges.
 */
export function readWhole(location: Location): Location {
  const { storage } = location;
  if (storage.withAccess === undefined || 'create' in storage) return location;
  return { ...location, storage: storage.withAccess({ whole: true }) };
}

/**
 * Returns the location as one whose storage has the members that an operation needs.
 *
 * @param done the operation as a participle: what "can't be done" to the location.
 * @throws {CairnError} `UNSUPPORTED` if the storage lacks one of them.
 */
export function narrowStorage<M extends Member>(
  location: Location,
  done: string,
  members: readonly M[],
): NarrowedLocation<M> {
  const { storage, uri } = location as Location<ReadableStorage & Partial<Storage>>;
  const missing = members.find((member) => typeof storage[member] !== 'function');
  if (missing === undefined) return location as NarrowedLocation<M>;
  // A storage that lacks only some members of those for writing is unfinished, whatever they are.
  const advice = missing === members[0] ? ADVICE[missing] : undefined;
  throw new CairnError(
    'UNSUPPORTED',
    `${uri} can't be ${done}: the storage of ${storage.scheme}: URIs has no ${missing}(). ${advice ?? FINISH}`,
    { uri },
  );
}

const ADVICE: Readonly<Partial<Record<Member, string>>> = {
  create:
    'Write the store to a storage that has it, such as a directory or a bucket, and serve its files from there',
  list: 'Name the store itself, not the directory that it is in',
  moveDirectory: 'Copy the store instead',
  remove: 'Change the files where they are stored',
};

const FINISH = 'A storage that is written to needs all members of the interface Storage of cairnkv/storage';
