import { apiPath, askJson, type Entry, type KvSummary } from './api.ts';
import { type EntrySource, PAGE_ENTRIES } from './entry-source.ts';

/** The keys of a namespace, page after page from the first. What stands for a value is the key's {@link KvSummary}. */
export class KvSource implements EntrySource {
  isComplete = false;
  readonly #namespace: string;
  readonly #prefix: string;
  readonly #rows: Entry[] = [];
  #loading: Promise<void> | undefined;

  constructor(namespace: string, prefix: string) {
    this.#namespace = namespace;
    this.#prefix = prefix;
  }

  get length(): number {
    return this.#rows.length;
  }

  row(index: number): Entry | undefined {
    return this.#rows[index];
  }

  async load(_: number, to: number, signal: AbortSignal): Promise<boolean> {
    const before = this.#rows.length;
    const wasComplete = this.isComplete;
    while (!this.isComplete && this.#rows.length < to + PAGE_ENTRIES) {
      this.#loading ??= this.#loadNext(signal).finally(() => {
        this.#loading = undefined;
      });
      await this.#loading;
    }
    return this.#rows.length !== before || this.isComplete !== wasComplete;
  }

  async #loadNext(signal: AbortSignal): Promise<void> {
    const query = {
      limit: PAGE_ENTRIES,
      prefix: this.#prefix === '' ? undefined : this.#prefix,
      after: this.#rows.at(-1)?.key as string | undefined,
    };
    const path = apiPath(['namespaces', this.#namespace, 'kv'], query);
    const listed = await askJson<readonly KvSummary[]>(path, { signal });
    this.#rows.push(...listed.map((value) => ({ key: value.key, value })));
    this.isComplete = listed.length < PAGE_ENTRIES;
  }
}
