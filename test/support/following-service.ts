import { isCairnError, openStore, type StoreReader } from '../../src/index.ts';

/** Answers look-ups from a store that others replace: from the newest one that it has noticed. */
export class FollowingService {
  #store: StoreReader<string, string>;
  #following: Promise<void> | undefined;

  private constructor(store: StoreReader<string, string>) {
    this.#store = store;
  }

  static async start(uri: string): Promise<FollowingService> {
    return new FollowingService(await openStore<string, string>(uri));
  }

  async get(key: string): Promise<string | undefined> {
    for (;;) {
      const store = this.#store;
      try {
        return await store.get(key);
      } catch (error) {
        // CLOSED: another call has noticed it meanwhile.
        if (!isCairnError(error, 'REPLACED', 'CLOSED')) throw error;
        if (store === this.#store) await this.follow();
      }
    }
  }

  /** Opens the newer store if there is one: to be called by a timer. */
  follow(): Promise<void> {
    this.#following ??= this.#follow().finally(() => {
      this.#following = undefined;
    });
    return this.#following;
  }

  async #follow(): Promise<void> {
    const old = this.#store;
    if (await old.isCurrent()) return;
    this.#store = await old.reopen();
    await old.close();
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}
