import { CairnError } from '../../src/errors.ts';
import type { ByteSink } from '../../src/io/byte-sink.ts';
import type { ByteSource } from '../../src/io/byte-source.ts';
import { MemoryStorage, memoryScheme } from '../../src/io/memory.ts';
import type { Storage, StorageEntry } from '../../src/io/storage.ts';
import { registerStorage } from '../../src/io/uri.ts';

/** Everything that a storage does for a store, as it is counted. */
export type StorageOperation =
  | 'open'
  | 'read'
  | 'create'
  | 'write'
  | 'finish'
  | 'abort'
  | 'putIfAbsent'
  | 'replace'
  | 'kind'
  | 'list'
  | 'makeDirectory'
  | 'makeDurable'
  | 'syncDirectory'
  | 'remove'
  | 'removeDirectory'
  | 'link'
  | 'moveDirectory';

/** Which operation fails, and how. */
export interface FaultPlan {
  /** The operations from this one on (counted from 1 since the plan was made) … */
  readonly at: number;
  /** … fail all, or only the first of them. */
  readonly forever: boolean;
  /** Whether a failing operation has its effect all the same: an answer that was lost. */
  readonly after: boolean;
  /** Only these count; all unless given. */
  readonly only?: readonly StorageOperation[];
}

/** What happens at an operation besides the plan: tests look at the state in between, or wait. */
export type Watcher = (operation: StorageOperation, path: string) => void | Promise<void>;

/**
 * A storage in memory whose operations fail as planned, with an `IO` error. It keeps the contract of a storage:
 * what a sink or a commit promises is either done or reported, and a sink that failed goes on failing.
 */
export class FaultyStorage implements Storage {
  readonly scheme: string = 'faulty';
  readonly inner: MemoryStorage;
  /** The operations since the plan was made, with the last part of their path. */
  readonly log: string[] = [];
  /** Whether an operation has failed under the current plan. */
  fired = false;
  /** Sources that were opened and not closed. */
  openSources = 0;
  watcher: Watcher | undefined;
  /** What each read that can wait has to wait for. */
  gate: ((path: string) => Promise<unknown>) | undefined;
  #plan: FaultPlan | undefined;
  #count = 0;

  constructor(inner: MemoryStorage = new MemoryStorage(() => 0)) {
    this.inner = inner;
  }

  /** Makes `faulty:` URIs mean this storage. */
  register(): this {
    registerStorage({ storage: this, parse: memoryScheme(this.inner).parse });
    return this;
  }

  /** From now on operations fail as planned; without a plan none does. */
  arm(plan?: FaultPlan): void {
    this.#plan = plan;
    this.#count = 0;
    this.fired = false;
    this.log.length = 0;
  }

  async open(path: string): Promise<ByteSource> {
    const source = await this.#run('open', path, () => this.inner.open(path));
    this.openSources++;
    return new FaultySource(source, this, () => this.openSources--);
  }

  create(path: string): ByteSink {
    return this.runSync('create', path, () => new FaultySink(this.inner.create(path), path, this));
  }

  putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
    return this.#run('putIfAbsent', path, () => this.inner.putIfAbsent(path, bytes));
  }

  replace(path: string, bytes: Uint8Array, check?: (current: Uint8Array) => void): Promise<void> {
    return this.#run('replace', path, () => this.inner.replace(path, bytes, check));
  }

  kind(path: string): Promise<'file' | 'directory' | undefined> {
    return this.#run('kind', path, () => this.inner.kind(path));
  }

  async *list(path: string): AsyncIterable<StorageEntry> {
    await this.#run('list', path, async () => undefined);
    yield* this.inner.list(path);
  }

  makeDirectory(path: string): Promise<boolean> {
    return this.#run('makeDirectory', path, () => this.inner.makeDirectory(path));
  }

  makeDurable(path: string): Promise<void> {
    // In memory everything is; but a file must be there.
    return this.#run('makeDurable', path, async () => (await this.inner.open(path)).close());
  }

  syncDirectory(path: string): Promise<void> {
    return this.#run('syncDirectory', path, () => this.inner.syncDirectory());
  }

  remove(path: string): Promise<void> {
    return this.#run('remove', path, () => this.inner.remove(path));
  }

  removeDirectory(path: string): Promise<boolean> {
    return this.#run('removeDirectory', path, () => this.inner.removeDirectory(path));
  }

  link(from: string, to: string): Promise<boolean> {
    return this.#run('link', to, () => this.inner.link(from, to));
  }

  moveDirectory(from: string, to: string): Promise<void> {
    return this.#run('moveDirectory', to, () => this.inner.moveDirectory(from, to));
  }

  join(directory: string, name: string): string {
    return this.inner.join(directory, name);
  }

  split(path: string): { readonly directory: string; readonly name: string } {
    return this.inner.split(path);
  }

  uri(path: string): string {
    return `faulty:${path}`;
  }

  async #run<T>(operation: StorageOperation, path: string, effect: () => Promise<T>): Promise<T> {
    await this.watcher?.(operation, path);
    if (operation === 'read') await this.gate?.(path);
    const fails = this.#fails(operation, path);
    if (fails === 'before') throw this.failure(operation, path);
    const result = await effect();
    if (fails === 'after') throw this.failure(operation, path);
    return result;
  }

  /** An operation that does not wait; for the sinks and sources. */
  runSync<T>(operation: StorageOperation, path: string, effect: () => T): T {
    void this.watcher?.(operation, path);
    const fails = this.#fails(operation, path);
    if (fails === 'before') throw this.failure(operation, path);
    const result = effect();
    if (fails === 'after') throw this.failure(operation, path);
    return result;
  }

  run<T>(operation: StorageOperation, path: string, effect: () => Promise<T>): Promise<T> {
    return this.#run(operation, path, effect);
  }

  failure(operation: StorageOperation, path: string): CairnError {
    return new CairnError('IO', `${operation} of ${this.uri(path)} failed as planned`, {
      uri: this.uri(path),
      operation,
      transient: false,
    });
  }

  #fails(operation: StorageOperation, path: string): 'before' | 'after' | undefined {
    const plan = this.#plan;
    if (plan === undefined || plan.only?.includes(operation) === false) return undefined;
    this.#count++;
    this.log.push(`${operation} ${path.slice(path.lastIndexOf('/') + 1)}`);
    const hit = plan.forever ? this.#count >= plan.at : this.#count === plan.at;
    if (!hit) return undefined;
    this.fired = true;
    return plan.after ? 'after' : 'before';
  }
}

class FaultySource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #inner: ByteSource;
  readonly #storage: FaultyStorage;
  readonly #path: string;
  #onClose: (() => void) | undefined;

  constructor(inner: ByteSource, storage: FaultyStorage, onClose: () => void) {
    this.#inner = inner;
    this.#storage = storage;
    this.#onClose = onClose;
    this.name = inner.name.replace(/^memory:/, 'faulty:');
    this.size = inner.size;
    this.#path = inner.name.replace(/^memory:/, '');
  }

  async read(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    this.#check(offset, target.length);
    signal?.throwIfAborted();
    return this.#storage.run('read', this.#path, () => this.#inner.read(offset, target, signal));
  }

  readSync(offset: number, target: Uint8Array): void {
    this.#check(offset, target.length);
    this.#storage.runSync('read', this.#path, () => this.#inner.readSync?.(offset, target));
  }

  async close(): Promise<void> {
    this.#onClose?.();
    this.#onClose = undefined;
    await this.#inner.close();
  }

  #check(offset: number, length: number): void {
    if (this.#onClose === undefined) {
      throw new CairnError('CLOSED', `${this.name} has been closed`, { resource: this.name });
    }
    if (offset + length > this.size) {
      const details = { file: this.name, section: 'file', offset };
      throw new CairnError('CORRUPTION', `${this.name} ends before offset ${offset + length}`, details);
    }
  }
}

class FaultySink implements ByteSink {
  readonly #inner: ByteSink;
  readonly #path: string;
  readonly #storage: FaultyStorage;
  #failure: Error | undefined;

  constructor(inner: ByteSink, path: string, storage: FaultyStorage) {
    this.#inner = inner;
    this.#path = path;
    this.#storage = storage;
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return this.#storage.runSync('write', this.#path, () => this.#inner.write(bytes));
    } catch (error) {
      this.#failure = error as Error;
      throw error;
    }
  }

  async finish(durable?: boolean): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      await this.#storage.run('finish', this.#path, () => this.#inner.finish(durable));
    } catch (error) {
      this.#failure = error as Error;
      throw error;
    }
  }

  abort(): Promise<void> {
    return this.#storage.run('abort', this.#path, () => this.#inner.abort());
  }
}
