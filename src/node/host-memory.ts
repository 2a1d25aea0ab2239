import { totalmem } from 'node:os';
import type { HostMemory } from '../partition/cache/memory-budget.ts';

/** What the operating system says, in bytes. */
export interface MemoryFigures {
  readonly total: number;
  /** The limit of the process's container; 0, or more than there is, without one. */
  readonly constrained: number;
  readonly available: number;
}

/** The memory that this process may use. */
export function nodeMemory(): HostMemory {
  return hostMemory({
    total: totalmem(),
    constrained: process.constrainedMemory(),
    available: process.availableMemory(),
  });
}

/** The memory that a process with these figures may use. */
export function hostMemory({ total, constrained, available }: MemoryFigures): HostMemory {
  // What a container counts as used includes the pages of files that it has read: what is available would be
  // too little.
  if (constrained > 0 && constrained < total) return { limitBytes: constrained, availableBytes: constrained };
  return { limitBytes: total, availableBytes: available };
}
