import './io/register.ts';

export { compareKeys } from './bytes/compare.ts';
export type { Codec } from './codec/codec.ts';
export type { JsonValue } from './codec/json.ts';
export type { KeyEncoding, KeyOf } from './codec/key-codec.ts';
export type { StandardSchema } from './codec/schema.ts';
export type { TupleElement, TupleKey } from './codec/tuple.ts';
export { compareTuples } from './codec/tuple-compare.ts';
export type { TypedValue } from './codec/typed.ts';
export type { ValueEncoding, ValueOf } from './codec/value-codec.ts';
export { CairnError, type CairnErrorCode, type CairnErrorDetails, isCairnError } from './errors.ts';
export type { CompressionName } from './format/properties.ts';
export type { RequestReport } from './io/storage.ts';
export { type CopyOptions, type CopyProgress, copyStore } from './store/copy.ts';
export type { FlippedBit } from './store/flip-search.ts';
export type { LostRange } from './store/lost-ranges.ts';
export {
  deleteStore,
  type Leftover,
  listStores,
  renameStore,
  storeInfo,
  sweepStores,
} from './store/manage.ts';
export { type MergeOptions, mergeStore, mergeStores } from './store/merge.ts';
export type { OnDuplicate } from './store/on-duplicate.ts';
export { openStore } from './store/open-store.ts';
export type { Range } from './store/range.ts';
export type { ReaderStats } from './store/read-counter.ts';
export type { OpenStoreOptions } from './store/read-options.ts';
export type { ReaderPromise } from './store/reader-promise.ts';
export {
  type SalvageOptions,
  type SalvageProgress,
  type SalvageReport,
  salvageStore,
} from './store/salvage.ts';
export type { PartitionInfo, StoreInfo } from './store/store-info.ts';
export type { StoreReader } from './store/store-reader.ts';
export {
  type CloseOptions,
  type CreateStoreOptions,
  createStore,
  type StoreWriter,
  type WriteProgress,
} from './store/store-writer.ts';
export type { VerifyReport } from './store/verify.ts';
export type { VerifyOptions, VerifyProgress } from './store/verify-options.ts';
export type { AffectedKeys, VerifyProblem } from './store/verify-problem.ts';
export { verifyStore } from './store/verify-store.ts';
export type { WriterPromise } from './store/writer-promise.ts';
