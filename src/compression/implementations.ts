import { CairnError } from '../errors.ts';
import type { CompressorName } from './compressor.ts';

/** What a platform has for each compression; each is loaded when a store first needs it. */
export class Implementations<T> {
  readonly #loaders: Map<string, () => Promise<T>>;
  readonly #loaded = new Map<string, Promise<T>>();

  constructor(portable: Readonly<Record<CompressorName, () => Promise<T>>>) {
    this.#loaders = new Map(Object.entries(portable));
  }

  register(name: CompressorName, load: () => Promise<T>): void {
    this.#loaders.set(name, load);
    this.#loaded.delete(name);
  }

  /** @throws {CairnError} (as a rejection) `UNSUPPORTED` if there is none of that name. */
  async load(name: string): Promise<T | undefined> {
    if (name === 'none') return undefined;
    let loading = this.#loaded.get(name);
    if (loading === undefined) {
      const load = this.#loaders.get(name);
      if (load === undefined) throw new CairnError('UNSUPPORTED', `there is no compression '${name}' here`);
      loading = load();
      this.#loaded.set(name, loading);
      // Not cached: code loaded over a network may load the next time.
      loading.catch(() => this.#loaded.delete(name));
    }
    return loading;
  }
}
