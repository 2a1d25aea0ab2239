import '../io/register.ts';

export type { Collection, Compaction, Difference, ToStoreOptions, VersionInfo } from './collection.ts';
export { type CollectionInfo, collectionInfo, type GenerationInfo } from './collection-info.ts';
export type { OpenCollectionOptions } from './collection-options.ts';
export type { CollectionPromise } from './collection-promise.ts';
export type { Change, Changes, Commit, CommitOptions, CompactOptions } from './commit-options.ts';
export { copyCollection } from './copy-collection.ts';
export { deleteCollection } from './delete-collection.ts';
export { openCollection } from './open-collection.ts';
export type { VersionReader } from './read/version-reader.ts';
export type { Snapshot } from './snapshot.ts';
export { type SweepCollectionOptions, sweepCollection } from './sweep-collection.ts';
export { verifyCollection } from './verify-collection.ts';
export type { Transaction } from './write/transaction.ts';
