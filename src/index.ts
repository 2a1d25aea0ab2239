import './io/register.ts';

export { compareKeys } from './bytes/compare.ts';
export type { Codec } from './codec/codec.ts';
export type { KeyEncoding, KeyOf } from './codec/keys/key-codec.ts';
export type { TupleElement, TupleKey } from './codec/keys/tuple.ts';
export { compareTuples } from './codec/keys/tuple-compare.ts';
export type { JsonValue } from './codec/values/json.ts';
export type { StandardSchema } from './codec/values/schema.ts';
export type { TypedValue } from './codec/values/typed.ts';
export type { ValueEncoding, ValueOf } from './codec/values/value-codec.ts';
export { CairnError, type CairnErrorCode, type CairnErrorDetails, isCairnError } from './errors.ts';
export type { CompressionName } from './format/properties.ts';
export type { RequestReport } from './io/storage.ts';
export type { FlippedBit } from './partition/check/bit-flip-search.ts';
export type { AffectedKeys, VerifyProblem } from './partition/check/verify-problem.ts';
export type { ReaderStats } from './partition/read-counter.ts';
export { type CopyOptions, type CopyProgress, copyStore } from './store/copy-store.ts';
export type { PartitionInfo, StoreInfo } from './store/manifest/describe-store.ts';
export { type MergeOptions, mergeStore, mergeStores } from './store/merge-stores.ts';
export { openStore } from './store/open-store.ts';
export type { Range } from './store/read/range.ts';
export type { OpenStoreOptions } from './store/read/read-options.ts';
export type { ReaderPromise } from './store/read/reader-promise.ts';
export type { StoreReader } from './store/read/store-reader.ts';
export type { LostRange } from './store/salvage/lost-ranges.ts';
export {
  type SalvageOptions,
  type SalvageProgress,
  type SalvageReport,
  salvageStore,
} from './store/salvage-store.ts';
export {
  deleteStore,
  type Leftover,
  listStores,
  renameStore,
  storeInfo,
  sweepStores,
} from './store/store-info.ts';
export type { VerifyReport } from './store/verify/verifier.ts';
export type { VerifyOptions, VerifyProgress } from './store/verify/verify-options.ts';
export { verifyStore } from './store/verify-store.ts';
export type { OnDuplicate } from './store/write/on-duplicate.ts';
export {
  type CloseOptions,
  type CreateStoreOptions,
  createStore,
  type StoreWriter,
  type WriteProgress,
} from './store/write/store-writer.ts';
export type { WriterPromise } from './store/write/writer-promise.ts';
