import type { ByteSource, ByteStream } from '../../src/io/byte-source.ts';
import { MemoryStorage, memoryScheme } from '../../src/io/memory.ts';
import type { AccessOptions, KnownFile, RequestReport, Storage } from '../../src/io/storage.ts';
import { registerStorage } from '../../src/io/uri.ts';

/** One request, as a storage far away would have sent it. */
export interface Asked {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

/** A storage in memory that behaves as if it were far away: each read is a request, and is noted. */
export class RemoteStorage extends MemoryStorage {
  override readonly scheme: string;
  readonly requests: Asked[] = [];
  /** Streams that are neither read to their end nor closed. */
  streaming = 0;
  #onRequest: AccessOptions['onRequest'];

  constructor(scheme = 'remote') {
    super();
    this.scheme = scheme;
  }

  /** Makes URIs of its scheme mean this storage. */
  register(): this {
    registerStorage(memoryScheme(this));
    return this;
  }

  withAccess({ onRequest }: AccessOptions): Storage {
    this.#onRequest = onRequest;
    return this;
  }

  override async open(path: string, known?: KnownFile): Promise<ByteSource> {
    const source = await super.open(path);
    const { name } = this.split(path);
    // What is not known is asked for, and a small file comes with the answer.
    if (known === undefined) this.#note(name, 0, source.size);
    return {
      remote: true,
      name: source.name,
      size: known?.bytes ?? source.size,
      read: async (offset, target, signal) => {
        if (known !== undefined) this.#note(name, offset, target.length);
        await new Promise(setImmediate);
        await source.read(offset, target, signal);
      },
      stream: (offset, length): ByteStream => {
        this.#note(name, offset, length);
        let at = offset;
        let open = true;
        const end = (): void => {
          if (open) this.streaming--;
          open = false;
        };
        this.streaming++;
        return {
          read: async (target) => {
            await new Promise(setImmediate);
            if (at + target.length > offset + length) throw new Error('read beyond the stream');
            await source.read(at, target);
            at += target.length;
            if (at === offset + length) end();
          },
          close: end,
        };
      },
      close: () => source.close(),
    };
  }

  #note(name: string, offset: number, length: number): void {
    this.requests.push({ name, offset, length });
    const report: RequestReport = {
      method: 'GET',
      url: name,
      offset,
      length,
      status: 206,
      bytes: length,
      durationMs: 1,
      attempt: 1,
    };
    this.#onRequest?.(report);
  }
}
