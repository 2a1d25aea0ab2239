export type { PutFile } from './storage-bench.ts';
export {
  type StorageCapability,
  type StorageCase,
  type StorageConformanceOptions,
  storageConformance,
} from './storage-conformance.ts';
