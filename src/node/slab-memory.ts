import { Buffer } from 'node:buffer';
import type { markAsUntransferable } from 'node:worker_threads';

type Mark = typeof markAsUntransferable;

let marking: { readonly mark: Mark | undefined } | undefined;

/**
 * Returns uninitialized memory: nothing is spent on zeros that a copy overwrites. Transferring it is refused
 * (Node 20: it is copied instead), as for Node's own pool, because a transfer would take every value in it
 * away. Undefined in runtimes that do not keep this promise.
 */
export function slabMemory(bytes: number): ArrayBuffer | undefined {
  // Loaded with the first slab, because it takes two milliseconds.
  marking ??= { mark: workingMark() };
  if (marking.mark === undefined) return undefined;
  const memory = Buffer.allocUnsafeSlow(bytes).buffer;
  marking.mark(memory);
  return memory;
}

function workingMark(): Mark | undefined {
  const { markAsUntransferable } = process.getBuiltinModule('node:worker_threads');
  const memory = new ArrayBuffer(8);
  try {
    markAsUntransferable(memory);
  } catch {
    return undefined;
  }
  try {
    structuredClone(memory, { transfer: [memory] });
  } catch {
    // Refused, as it should be.
  }
  return memory.byteLength > 0 ? markAsUntransferable : undefined;
}
