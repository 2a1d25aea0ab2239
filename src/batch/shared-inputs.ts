import { isCairnError } from '../errors.ts';
import { locate } from '../io/uri.ts';
import { openStore } from '../store/open-store.ts';
import type { StoreReader } from '../store/read/store-reader.ts';
import type { StoreHandle } from '../store/read/store-sharing.ts';
import type { Split } from './split.ts';

/** Memory of all shared stores together, in bytes: each thread reads larger ones on its own, block by block. */
const MAX_BYTES = 1 << 26;

/** The stores of splits that are opened once, for all threads. */
export class SharedInputs {
  readonly handles: ReadonlyMap<string, StoreHandle>;
  readonly #readers: readonly StoreReader<unknown, unknown>[];

  private constructor(
    handles: ReadonlyMap<string, StoreHandle>,
    readers: readonly StoreReader<unknown, unknown>[],
  ) {
    this.handles = handles;
    this.#readers = readers;
  }

  /** Opens stores that are local and small. A store that can't be opened is reported by the task that reads it. */
  static async open(splits: readonly Split[]): Promise<SharedInputs> {
    const handles = new Map<string, StoreHandle>();
    const readers: StoreReader<unknown, unknown>[] = [];
    let left = MAX_BYTES;
    for (const uri of new Set(splits.map((split) => split.uri))) {
      if (locate(uri).storage.scheme !== 'file') continue;
      const reader = await openStore<unknown, unknown>(uri, { cacheBytes: left }).catch(absent);
      if (reader === undefined) continue;
      readers.push(reader);
      const handle = shareIfResident(reader);
      if (handle === undefined) continue;
      handles.set(uri, handle);
      left -= handle.partitions.reduce((sum, { memory }) => sum + memory.byteLength, 0);
      if (left <= 0) break;
    }
    return new SharedInputs(handles, readers);
  }

  async close(): Promise<void> {
    for (const reader of this.#readers) await reader.close();
  }
}

function absent(error: unknown): undefined {
  if (!isCairnError(error)) throw error;
}

function shareIfResident(reader: StoreReader<unknown, unknown>): StoreHandle | undefined {
  try {
    return reader.share();
  } catch (error) {
    if (isCairnError(error, 'UNSUPPORTED')) return undefined;
    throw error;
  }
}
