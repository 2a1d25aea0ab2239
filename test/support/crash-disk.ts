import type { FsChange } from './fs-hooks.ts';

const SECTOR_BYTES = 512;

/** Gives numbers from 0 to 1, the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

class FileNode {
  /** What an fsync has made durable. */
  durable: Uint8Array = new Uint8Array(0);
  now: Uint8Array = new Uint8Array(0);

  write(offset: number, bytes: Uint8Array): void {
    const grown = new Uint8Array(Math.max(this.now.length, offset + bytes.length));
    grown.set(this.now);
    grown.set(bytes, offset);
    this.now = grown;
  }

  /** What of it a power cut leaves: of the sectors since the last fsync any, at a length that fits to them or is the last. */
  afterPowerCut(random: () => number): Uint8Array {
    const way = random();
    if (way < 0.25) return this.durable;
    if (way < 0.4) return this.now;
    const left = new Uint8Array(this.now.length);
    left.set(this.durable.subarray(0, this.now.length));
    let end = this.durable.length;
    for (let at = 0; at < this.now.length; at += SECTOR_BYTES) {
      if (random() < 0.5) continue;
      const sector = this.now.subarray(at, at + SECTOR_BYTES);
      left.set(sector, at);
      end = Math.max(end, at + sector.length);
    }
    return random() < 0.5 ? left : left.slice(0, end);
  }
}

class DirectoryNode {
  readonly durable: Names = new Map();
  readonly now: Names = new Map();
}

type Node = FileNode | DirectoryNode;
type Names = Map<string, Node>;

/** A name that comes, goes or means something else from now on. */
interface NameChange {
  readonly directory: DirectoryNode;
  readonly name: string;
  readonly node: Node | undefined;
}

/** What is left after a power cut, by path below the root; a directory is undefined. */
export type Remains = Map<string, Uint8Array | undefined>;

/**
 * A disk as strict as POSIX allows: what was written is durable once its file was synced, and a name once its directory
 * was. Of everything else a power cut leaves any part, in any order; one rename happens as a whole or not at all.
 */
export class CrashDisk {
  readonly #root: string;
  readonly #top = new DirectoryNode();
  /** Changes of names that are not durable, in their order; each is one step. */
  #pending: (readonly NameChange[])[] = [];

  constructor(root: string) {
    this.#root = root;
  }

  apply(change: FsChange): void {
    const { path } = change;
    switch (change.operation) {
      case 'create':
        this.#rename([this.#entry(path, new FileNode())]);
        break;
      case 'mkdir':
        this.#rename([this.#entry(path, new DirectoryNode())]);
        break;
      case 'remove':
        // Also of what is missing already.
        if (this.#find(path) !== undefined) this.#rename([this.#entry(path, undefined)]);
        break;
      case 'link':
        this.#rename([this.#entry(path, this.#find(change.from))]);
        break;
      case 'rename':
        this.#rename([this.#entry(path, this.#find(change.from)), this.#entry(change.from, undefined)]);
        break;
      case 'write':
        this.#file(path).write(change.offset, change.bytes);
        break;
      case 'sync':
        this.#file(path).durable = this.#file(path).now;
        break;
      case 'syncDirectory':
        this.#syncDirectory(this.#find(path) as DirectoryNode);
    }
  }

  /** Makes everything durable: as it is long after. */
  settle(): void {
    const settled = (names: DirectoryNode): void => {
      for (const node of names.now.values()) {
        if (node instanceof FileNode) node.durable = node.now;
        else settled(node);
      }
    };
    settled(this.#top);
    for (const changes of this.#pending) write(changes, durableNames);
    this.#pending = [];
  }

  /** What a power cut might leave now. */
  afterPowerCut(random: () => number): Remains {
    const names = new Map<DirectoryNode, Names>();
    const namesOf = (directory: DirectoryNode): Names => {
      let kept = names.get(directory);
      if (kept === undefined) {
        kept = new Map(directory.durable);
        names.set(directory, kept);
      }
      return kept;
    };
    // A journal keeps a beginning of what happened; other file systems, any part of it.
    const journal = random() < 0.4;
    const share = random();
    const kept = Math.floor(random() * (this.#pending.length + 1));
    for (const [i, changes] of this.#pending.entries()) {
      if (journal ? i < kept : random() < share) write(changes, namesOf);
    }
    const files = new Map<FileNode, Uint8Array>();
    const remains: Remains = new Map();
    const walk = (directory: DirectoryNode, prefix: string): void => {
      for (const [name, node] of namesOf(directory)) {
        const path = prefix + name;
        if (node instanceof DirectoryNode) {
          remains.set(path, undefined);
          walk(node, `${path}/`);
          continue;
        }
        const bytes = files.get(node) ?? node.afterPowerCut(random);
        files.set(node, bytes);
        remains.set(path, bytes);
      }
    };
    walk(this.#top, '');
    return remains;
  }

  #rename(changes: readonly NameChange[]): void {
    write(changes, ({ now }) => now);
    this.#pending.push(changes);
  }

  #syncDirectory(directory: DirectoryNode): void {
    // From the last to the first: what is durable takes along what happened to the same names before.
    const durable: (readonly NameChange[])[] = [];
    const touched = new Set<string>();
    const numbers = new Map<DirectoryNode, number>();
    const keyOf = (change: NameChange): string => {
      if (!numbers.has(change.directory)) numbers.set(change.directory, numbers.size);
      return `${numbers.get(change.directory)} ${change.name}`;
    };
    for (const changes of [...this.#pending].reverse()) {
      if (!changes.some((change) => change.directory === directory || touched.has(keyOf(change)))) continue;
      durable.unshift(changes);
      for (const change of changes) touched.add(keyOf(change));
    }
    for (const changes of durable) write(changes, durableNames);
    this.#pending = this.#pending.filter((changes) => !durable.includes(changes));
  }

  #entry(path: string, node: Node | undefined): NameChange {
    const slash = path.lastIndexOf('/');
    const directory = this.#find(path.slice(0, slash));
    if (!(directory instanceof DirectoryNode)) throw new Error(`no directory holds ${path}`);
    return { directory, name: path.slice(slash + 1), node };
  }

  #find(path: string): Node | undefined {
    let node: Node | undefined = this.#top;
    for (const name of path.slice(this.#root.length).split('/').filter(Boolean)) {
      node = node instanceof DirectoryNode ? node.now.get(name) : undefined;
    }
    return node;
  }

  #file(path: string): FileNode {
    const node = this.#find(path);
    if (!(node instanceof FileNode)) throw new Error(`no file is at ${path}`);
    return node;
  }
}

function durableNames({ durable }: DirectoryNode): Names {
  return durable;
}

function write(changes: readonly NameChange[], namesOf: (directory: DirectoryNode) => Names): void {
  for (const { directory, name, node } of changes) {
    if (node === undefined) namesOf(directory).delete(name);
    else namesOf(directory).set(name, node);
  }
}
