export { CairnError, type CairnErrorCode, type CairnErrorDetails, isCairnError } from '../errors.ts';
export type { ByteSink } from './byte-sink.ts';
export type { ByteSource, ByteStream } from './byte-source.ts';
export type {
  AccessOptions,
  ConditionalStorage,
  IncompleteUpload,
  KnownFile,
  ListableStorage,
  ReadableStorage,
  RequestReport,
  Storage,
  StorageEntry,
  WritableStorage,
} from './storage.ts';
export { registerStorage, type StorageScheme } from './uri.ts';
