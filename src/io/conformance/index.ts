export {
  type StorageCase,
  type StorageConformanceOptions,
  storageConformance,
} from './storage-conformance.ts';
