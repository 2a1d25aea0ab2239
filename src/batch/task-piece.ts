import type { PartitionRecord } from '../partition/partition-record.ts';

/** A partition that a task has written. */
export interface TaskPiece {
  readonly record: PartitionRecord;
  readonly task: number;
}
