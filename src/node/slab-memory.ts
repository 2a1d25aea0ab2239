import { Buffer } from 'node:buffer';
import type { markAsUntransferable } from 'node:worker_threads';

type Threads = { readonly markAsUntransferable: typeof markAsUntransferable };

let threads: Threads | undefined;

/**
 * Returns uninitialized memory: nothing is spent on zeros that a copy overwrites. Transferring it is refused
 * (Node 20: it is copied instead), as for Node's own pool, because a transfer would take every value in it
 * away.
 */
export function slabMemory(bytes: number): ArrayBuffer {
  // Loaded with the first slab, because it takes half a millisecond.
  threads ??= process.getBuiltinModule('node:worker_threads');
  const memory = Buffer.allocUnsafeSlow(bytes).buffer;
  threads.markAsUntransferable(memory);
  return memory;
}
