import type { ByteSink } from '../../src/io/byte-sink.ts';
import type { ByteSource } from '../../src/io/byte-source.ts';
import { MemoryStorage, memoryScheme } from '../../src/io/memory.ts';
import type { KnownFile } from '../../src/io/storage.ts';
import { registerStorage } from '../../src/io/uri.ts';

/**
 * A storage in memory in which a test has a hand in every step: a file that changes while it is read, a disk that can't
 * be read here or there, a file that is slow to be written.
 */
export class OddStorage extends MemoryStorage {
  override readonly scheme: string = 'odd';
  /** What it throws is what comes of opening that file. */
  onOpen: ((path: string) => void) | undefined;
  /** May change what was read, and throw. */
  onRead: ((path: string, offset: number, target: Uint8Array) => void) | undefined;
  /** What a writer waits for after each write, beside the write itself. */
  onWrite: ((path: string) => Promise<void>) | undefined;
  /** Whether files are far away. */
  remote = false;
  /** What a source says when its bytes have proved wrong. */
  doubt: string | undefined;
  /** Sources that were opened and not closed. */
  openSources = 0;

  /** Makes `odd:` URIs mean this storage. */
  register(): this {
    registerStorage(memoryScheme(this));
    return this;
  }

  /** Makes writes take a turn each; `most` is how many of them were under way at once. */
  slowWrites(): { readonly most: number } {
    const seen = { most: 0 };
    let waiting = 0;
    this.onWrite = async () => {
      seen.most = Math.max(seen.most, ++waiting);
      await new Promise(setImmediate);
      waiting--;
    };
    return seen;
  }

  override async open(path: string, _known?: KnownFile, signal?: AbortSignal): Promise<ByteSource> {
    this.onOpen?.(path);
    signal?.throwIfAborted();
    const source = await super.open(path);
    const { doubt } = this;
    let open = true;
    this.openSources++;
    return {
      name: source.name,
      size: source.size,
      ...(this.remote ? { remote: true } : {}),
      ...(doubt === undefined ? {} : { bypassCaches: () => doubt }),
      read: async (offset, target, signal) => {
        signal?.throwIfAborted();
        await source.read(offset, target);
        this.onRead?.(path, offset, target);
      },
      close: async () => {
        if (open) this.openSources--;
        open = false;
        await source.close();
      },
    };
  }

  override create(path: string): ByteSink {
    const sink = super.create(path);
    return {
      write: (bytes) => {
        const waiting = sink.write(bytes);
        return this.onWrite?.(path) ?? waiting;
      },
      finish: (durable) => sink.finish(durable),
      abort: () => sink.abort(),
    };
  }
}
