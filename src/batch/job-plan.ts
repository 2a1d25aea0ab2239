import type { KeyEncodingName, ValueEncodingName } from '../codec/encoding-names.ts';
import type { JsonValue } from '../codec/values/json-value.ts';
import type { CompressionName } from '../format/properties.ts';
import type { OnDuplicate } from '../store/write/on-duplicate.ts';
import type { Split } from './split.ts';

/** How the output of a job is written: options of `createStore` that can be kept as JSON. */
export interface OutputOptions {
  readonly keyEncoding?: KeyEncodingName | undefined;
  readonly valueEncoding?: ValueEncodingName | undefined;
  readonly partitionBytes?: number | undefined;
  readonly blockBytes?: number | undefined;
  readonly compression?: CompressionName | undefined;
  readonly hashIndex?: boolean | undefined;
  readonly metadata?: { readonly [key: string]: JsonValue } | undefined;
  /** Lets the entries of a task come in any order. */
  readonly sort?: boolean | undefined;
  readonly sortBytes?: number | undefined;
  /** Which of equal keys' entries stays within one task. */
  readonly onDuplicate?: OnDuplicate | undefined;
}

/** What becomes of tasks whose keys overlap: they are refused, or merged. */
export type OnOverlap = 'error' | 'merge';

/** What the tasks of a job have to know. It never changes. */
export interface JobPlan {
  readonly job: string;
  /** How many tasks write the output: they are numbered from 0. */
  readonly tasks: number;
  readonly splits: readonly Split[];
  readonly output: OutputOptions;
  readonly onOverlap: OnOverlap;
}
