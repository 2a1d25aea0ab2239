import { getManyValues, isFlushable, isMany, none } from 'stream-chain/core';

/** What a stage gives for inputs, the flush at the end included where it has one. */
export function runStage<Result>(stage: (input: never) => unknown, inputs: readonly unknown[]): Result[] {
  const results: Result[] = [];
  const run = stage as (input: unknown) => unknown;
  const take = (result: unknown): void => {
    if (result === none) return;
    if (isMany(result)) results.push(...(getManyValues(result) as Result[]));
    else results.push(result as Result);
  };
  for (const input of inputs) take(run(input));
  if (isFlushable(run)) take(run(none));
  return results;
}

/** What stages one after the other make of chunks. */
export function runStages<Result>(
  stages: readonly ((input: never) => unknown)[],
  chunks: readonly Uint8Array[],
): Result[] {
  return stages.reduce<unknown[]>((inputs, stage) => runStage(stage, inputs), [...chunks]) as Result[];
}

/** Pieces of `bytes` whose sizes go round `sizes`. */
export function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const end = at + sizes[i % sizes.length];
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}
