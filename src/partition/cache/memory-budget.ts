/** The memory of a process, in bytes. */
export interface HostMemory {
  /** Memory of the machine, or what the process's container allows. */
  readonly limitBytes: number;
  /** The part of it that is free now. */
  readonly availableBytes: number;
}

/**
 * The part of a process's memory that its readers may fill together, where they were opened without
 * `cacheBytes`. A resident store takes as much memory as its data, and the system's cache of its file as much
 * again: with a quarter, half of the memory is left for the program.
 */
const CACHE_SHARE = 1 / 4;
/** The part of what is available that one more store may take. */
const AVAILABLE_SHARE = 1 / 2;
/** The part of the budget that resident stores may take; the rest is for stores that do not fit. */
const RESIDENT_SHARE = 7 / 8;
/** Stores of up to this size do not query the host, which takes a tenth of a millisecond. */
const UNASKED_BYTES = 1 << 24;

/** A store that is larger than what is left of the budget, and the bytes that it may use now. */
export interface PagedShare {
  readonly wantedBytes: number;
  /** Weak, so that a reader can be collected that was not closed. */
  readonly reader: WeakRef<{ resize(bytes: number): void }>;
}

/**
 * The memory of readers that were opened without `cacheBytes`, together. A store that fits takes what it
 * needs; those that don't fit divide the rest.
 */
export class MemoryBudget {
  readonly shares: Set<PagedShare> = new Set<PagedShare>();
  /** Divides the rest among {@link shares}: loaded with the first of them. */
  divide: ((budget: MemoryBudget) => void) | undefined;
  readonly #host: () => HostMemory;
  #totalBytes = 0;
  #residentBytes = 0;

  constructor(host: () => HostMemory) {
    this.#host = host;
  }

  /** What stores that do not fit may use together. */
  get restBytes(): number {
    return Math.max(0, this.#totalBytes - this.#residentBytes);
  }

  /**
   * Reserves the memory of a store that becomes resident, and returns a function that releases it; undefined
   * if it doesn't fit. With `cacheBytes` the store has memory of its own, which this budget doesn't count.
   */
  admit(bytes: number, cacheBytes?: number): (() => void) | undefined {
    if (cacheBytes !== undefined) return bytes <= cacheBytes ? () => undefined : undefined;
    if (this.#residentBytes + bytes > UNASKED_BYTES) {
      const { limitBytes, availableBytes } = this.#host();
      const free = this.#residentBytes + availableBytes * AVAILABLE_SHARE;
      this.#totalBytes = Math.floor(Math.min(limitBytes * CACHE_SHARE, free));
      if (this.#residentBytes + bytes > this.#totalBytes * RESIDENT_SHARE) return undefined;
    }
    this.#residentBytes += bytes;
    this.divide?.(this);
    let taken = bytes;
    return () => {
      this.#residentBytes -= taken;
      taken = 0;
      this.divide?.(this);
    };
  }

  /** Calls `release` (again, perhaps) when `owner` is collected, because not every reader is closed. */
  releaseAfter(owner: object, release: () => void): void {
    abandoned.register(owner, release);
  }
}

/** The part of a device's memory that is taken for a page's limit: browsers end pages that use more. */
const PAGE_SHARE = 1 / 4;
const GIB = 2 ** 30;

const abandoned = new FinalizationRegistry<() => void>((release) => release());

/** Returns what a page may use. Browsers report up to 8 GiB of a device's memory; some report none. */
export function pageMemory(navigator: unknown): HostMemory {
  const { deviceMemory = 4 } = (navigator ?? {}) as { deviceMemory?: number };
  const limitBytes = deviceMemory * PAGE_SHARE * GIB;
  return { limitBytes, availableBytes: limitBytes };
}

let hostMemory = (): HostMemory => pageMemory(globalThis.navigator);

/** The budget of this process. */
export const PROCESS_MEMORY: MemoryBudget = new MemoryBudget(() => hostMemory());

/** Registers the function that returns the host's memory. */
export function registerHostMemory(ofHost: () => HostMemory): void {
  hostMemory = ofHost;
}
