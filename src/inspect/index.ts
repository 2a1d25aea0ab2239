export { type InspectOptions, inspectFile, inspectFileJson } from './inspect-file.ts';
export type {
  ChecksumState,
  InspectedBlock,
  InspectedEntry,
  InspectedFields,
  InspectedHashIndex,
  InspectedManifest,
  InspectedPartition,
  InspectedProblem,
  InspectedSection,
} from './report.ts';
