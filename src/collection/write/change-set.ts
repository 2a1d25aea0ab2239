import { copyBytes } from '../../bytes/copy-bytes.ts';
import type { KeyBuffer } from '../../bytes/key-buffer.ts';
import { CairnError } from '../../errors.ts';
import { type EncodedRange, isWithin } from '../../store/read/range.ts';
import { checkKeyLength } from '../../store/write/entry-check.ts';
import type { Generation } from '../version/version-state.ts';
import type { GenerationSink } from './generation-sink.ts';

/** What an entry takes in memory besides its bytes, about: most of it is the array of the value. */
const ENTRY_BYTES = 320;

/** The largest entry: a partition must hold it. */
const MAX_ENTRY_BYTES = 31 * 2 ** 20;

/** Values are copied side by side into memory of this size; larger ones, of an eighth of it on, each into memory of their own. */
const SLAB_BYTES = 1 << 16;
const FIRST_SLAB_BYTES = 1 << 9;

/** Copies values side by side: memory of its own for each would take several times as long. */
class ValueCopies {
  /** Bytes copied so far. */
  bytes = 0;
  #slab = new Uint8Array(0);
  #used = 0;

  copy(value: Uint8Array): Uint8Array {
    const { length } = value;
    this.bytes += length;
    if (length >= SLAB_BYTES / 8) return copyBytes(value, 0, length);
    if (this.#used + length > this.#slab.length) {
      const more = Math.max(FIRST_SLAB_BYTES, length, 4 * this.#slab.length);
      this.#slab = new Uint8Array(Math.min(SLAB_BYTES, more));
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += length;
    this.#slab.set(value, start);
    return this.#slab.subarray(start, this.#used);
  }
}

/** A part of a change that was written to files because memory was full. */
export interface SpilledChanges {
  readonly generation: Generation;
  /** Removes the files. */
  abandon(): Promise<void>;
}

/** Writes sorted changes to files. */
export type SpillChanges = (
  isMarked: boolean,
  fill: (sink: GenerationSink) => Promise<void>,
) => Promise<SpilledChanges>;

/**
 * The changes of one commit, in any order: of a key, the last one counts. They are in memory up to a limit; beyond it, older
 * ones lie in generations of their own.
 */
export class ChangeSet {
  /** By key, one character a byte, so that the order of the texts is that of the keys. Without a value: a deletion. */
  #entries = new Map<string, Uint8Array | undefined>();
  #copies = new ValueCopies();
  #deletes = 0;
  /** Bytes of the keys and values in memory. */
  #bytes = 0;
  /** Ranges that are emptied, and how many parts had been spilled, or begun to be, before each. */
  readonly ranges: { readonly range: EncodedRange; readonly spills: number }[] = [];
  #spillsBegun = 0;
  readonly #spills: SpilledChanges[] = [];
  readonly #spill: SpillChanges;
  readonly #limitBytes: number;
  #spilling: Promise<void> = Promise.resolve();
  #failure: unknown;

  constructor(spill: SpillChanges, limitBytes: number) {
    this.#spill = spill;
    this.#limitBytes = limitBytes;
  }

  /** Whether nothing is to be changed. */
  get isEmpty(): boolean {
    return this.#entries.size === 0 && this.ranges.length === 0 && this.#spills.length === 0;
  }

  /** Entries in memory. */
  get size(): number {
    return this.#entries.size;
  }

  /** Deletions among them. */
  get deletes(): number {
    return this.#deletes;
  }

  /** Bytes of the keys and values in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The newest first. Waits for what is being written. */
  async spills(): Promise<readonly SpilledChanges[]> {
    await this.#spilling;
    if (this.#failure !== undefined) throw this.#failure;
    return this.#spills;
  }

  /** Copies a value, for {@link set}. */
  copyValue(value: Uint8Array): Uint8Array {
    return this.#copies.copy(value);
  }

  /**
   * Sets the key in the buffer, which it copies, to a value, which it keeps. Returns a promise when the caller should wait.
   *
   * @throws {CairnError} `INVALID_ARGUMENT`, `TOO_LARGE`, with nothing changed; `IO` of an earlier change.
   */
  set(key: KeyBuffer, value: Uint8Array): Promise<void> | undefined {
    checkEntry(key, value.length);
    return this.#put(textOf(key), value);
  }

  /** Deletes the key in the buffer, as {@link set} sets it. */
  delete(key: KeyBuffer): Promise<void> | undefined {
    checkKeyLength(key);
    return this.#put(textOf(key), undefined);
  }

  /** The change of a key in memory: its value, `null` for a deletion, `undefined` if there is none. */
  get(key: KeyBuffer): Uint8Array | null | undefined {
    const text = textOf(key);
    const value = this.#entries.get(text);
    if (value !== undefined) return value;
    return this.#entries.has(text) ? null : undefined;
  }

  /** Empties a range: of what was set before, and of what is there when the commit takes its place. */
  deleteRange(range: EncodedRange): void {
    for (const [text, value] of this.#entries) {
      if (isWithin(bytesOf(text), range)) {
        if (value !== undefined) {
          this.#deletes++;
          this.#bytes -= value.length;
        }
        this.#entries.set(text, undefined);
      }
    }
    this.ranges.push({ range, spills: this.#spillsBegun });
  }

  /** How many of the oldest spills do not count for a key, because a range was emptied after them; undefined for none at all. */
  emptiedSpills(key: Uint8Array): number | undefined {
    let emptied: number | undefined;
    for (const { range, spills } of this.ranges) if (isWithin(key, range)) emptied = spills;
    return emptied;
  }

  /** Whether everything that was there is deleted. */
  get isReplacement(): boolean {
    return this.ranges.some(({ range }) => range.lower === undefined && range.upper === undefined);
  }

  /** Adds the changes in memory to a sink, in key order, deletions only if `tombstones`. Synchronous, as far as the sink is. */
  async fill(sink: GenerationSink, tombstones = true): Promise<void> {
    await fillWith(sink, this.#entries, tombstones);
  }

  /** The changes in memory, in key order; a deletion has no value. */
  *sorted(): IterableIterator<{ readonly key: Uint8Array; readonly value: Uint8Array | undefined }> {
    for (const text of sortedKeys(this.#entries))
      yield { key: bytesOf(text), value: this.#entries.get(text) };
  }

  /** A copy of what is in memory, to which more can be added. What it writes to files is its own. */
  copy(): ChangeSet {
    const copy = new ChangeSet(this.#spill, this.#limitBytes);
    copy.#entries = new Map(this.#entries);
    copy.#deletes = this.#deletes;
    copy.#bytes = this.#bytes;
    return copy;
  }

  /** Writes what is in memory to files, too. */
  async flush(): Promise<void> {
    if (this.#entries.size > 0) this.#begin();
    await this.spills();
  }

  /** Removes the files of what was written. */
  async abandon(): Promise<void> {
    await this.#spilling.catch(() => undefined);
    for (const spill of this.#spills) await spill.abandon();
  }

  #put(text: string, value: Uint8Array | undefined): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    const entries = this.#entries;
    const before = entries.get(text);
    if (before === undefined) {
      if (entries.has(text)) this.#deletes--;
      else this.#bytes += text.length;
    } else this.#bytes -= before.length;
    if (value === undefined) this.#deletes++;
    else this.#bytes += value.length;
    entries.set(text, value);
    // Values that were set again are in memory, too.
    const heldBytes = Math.max(this.#bytes, this.#copies.bytes);
    if (heldBytes + entries.size * ENTRY_BYTES <= this.#limitBytes) return undefined;
    return this.#begin();
  }

  /** Begins to write what is in memory. */
  #begin(): Promise<void> {
    const entries = this.#entries;
    const isMarked = this.#deletes > 0;
    this.#spillsBegun++;
    this.#entries = new Map();
    this.#copies = new ValueCopies();
    this.#deletes = 0;
    this.#bytes = 0;
    const spilling = this.#spilling.then(async () => {
      this.#spills.unshift(await this.#spill(isMarked, (sink) => fillWith(sink, entries, true)));
    });
    this.#spilling = spilling;
    spilling.catch((error: unknown) => {
      this.#failure ??= error;
    });
    return spilling;
  }
}

async function fillWith(
  sink: GenerationSink,
  entries: ReadonlyMap<string, Uint8Array | undefined>,
  tombstones: boolean,
): Promise<void> {
  for (const text of sortedKeys(entries)) {
    const value = entries.get(text);
    if (value === undefined && !tombstones) continue;
    const { key } = sink;
    for (let i = 0; i < text.length; i++) key.bytes[i] = text.charCodeAt(i);
    key.length = text.length;
    const waiting = sink.add(value);
    if (waiting !== undefined) await waiting;
  }
}

/** The keys in order, in which they often come. */
function sortedKeys(entries: ReadonlyMap<string, unknown>): string[] {
  const keys = [...entries.keys()];
  for (let i = 1; i < keys.length; i++) if (keys[i - 1] > keys[i]) return keys.sort();
  return keys;
}

/** @throws {CairnError} `INVALID_ARGUMENT`, `TOO_LARGE` for an entry that no change may set. */
export function checkEntry(key: KeyBuffer, valueBytes: number): void {
  checkKeyLength(key);
  if (key.length + valueBytes > MAX_ENTRY_BYTES) throw tooLarge(key.length, valueBytes);
}

/** A key as text, one character a byte. */
function textOf({ bytes, length }: KeyBuffer): string {
  let text = '';
  for (let start = 0; start < length; start += 4096) {
    text += String.fromCharCode.apply(
      null,
      bytes.subarray(start, Math.min(length, start + 4096)) as unknown as number[],
    );
  }
  return text;
}

function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

function tooLarge(keyBytes: number, valueBytes: number): CairnError {
  const limit = Math.max(0, MAX_ENTRY_BYTES - keyBytes);
  return new CairnError(
    'TOO_LARGE',
    `an entry (key of ${keyBytes} bytes, value of ${valueBytes} bytes) is too large for a collection: the value may have ` +
      `${limit}. Split the value`,
    { keyBytes, valueBytes, limit },
  );
}
