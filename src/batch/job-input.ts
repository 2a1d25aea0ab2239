import type { FileFormat } from './file-format.ts';
import type { Split } from './split.ts';

/** Files of text or bytes as the input of a job: paths or URIs; compressed ones end in `.gz` or `.zst`. */
export interface FileInput extends FileFormat {
  readonly files: string | URL | readonly (string | URL)[];
}

/** One input of a job: a store or a collection by its URI, files, or a split that was planned before. */
export type OneInput = string | URL | FileInput | Split;

/** What a job reads. */
export type JobInput = OneInput | readonly OneInput[];
