import './register.ts';

export { type InspectOptions, inspectFile, inspectFileJson } from '../inspect/inspect-file.ts';
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
} from '../inspect/report.ts';
