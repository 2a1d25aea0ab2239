import { builtInEncodings } from '../../codec/encoding-names.ts';
import { loadTemporal } from '../../codec/temporal.ts';
import type { Collection } from '../../collection/collection.ts';
import type { OpenCollectionOptions } from '../../collection/collection-options.ts';
import type { Commit } from '../../collection/commit-options.ts';
import { firstBytesKey, openAnyCollection } from '../../collection/open-any-collection.ts';
import { isCairnError } from '../../errors.ts';
import '../../node/register.ts';
import { KeyText } from '../../text/key-text.ts';
import type { TextEncodings } from '../../text/text-fields.ts';
import { unlessAborted } from '../../wait-options.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import type { SharedOptions } from '../usage/command-usage.ts';

/** A collection that a command changes. */
export interface OpenedToWrite {
  readonly collection: Collection<unknown, unknown>;
  /** How keys are written on the command line. */
  readonly keys: KeyText;
  readonly encodings: TextEncodings;
}

/** How a command opens a collection to change it. */
export interface WriteCollectionOptions
  extends SharedOptions<'keyFormat'>,
    Partial<SharedOptions<'makeCollection'>> {
  /** Whether one is made that is not there. */
  readonly create: boolean;
  readonly signal: AbortSignal;
}

/**
 * Opens a collection to change it, and makes it if it is not there: with text as keys and values by default, or keys that
 * are bytes if the key format says so.
 *
 * @throws {CairnError} (as a rejection) what `openCollection` throws.
 */
export async function openToWrite(uri: string, args: WriteCollectionOptions): Promise<OpenedToWrite> {
  const { keyFormat = 'auto', keyEncoding, valueEncoding, keepVersions, create, signal } = args;
  const options = { keyEncoding, valueEncoding, keepVersions, signal };
  const hasByteFormat = keyFormat === 'hex' || keyFormat === 'ip';
  const collection =
    (await openIfThere(uri, options)) ??
    (await openAnyCollection(uri, {
      ...options,
      keyEncoding: keyEncoding ?? (hasByteFormat ? 'binary' : 'utf8'),
      valueEncoding: valueEncoding ?? 'utf8',
      metadata: hasByteFormat ? { keyFormat } : undefined,
      create,
    }));
  try {
    return {
      collection,
      keys: await keyTextOf(collection, keyFormat),
      encodings: await encodingsOf(collection),
    };
  } catch (error) {
    await collection.close();
    throw error;
  }
}

async function keyTextOf(
  collection: Collection<unknown, unknown>,
  keyFormat: NonNullable<WriteCollectionOptions['keyFormat']>,
): Promise<KeyText> {
  const firstKey = await firstBytesKey(collection, collection);
  return new KeyText({ ...collection.info, firstKey }, keyFormat);
}

/** Opens a collection that must not be made; undefined if nothing is at the URI. */
export async function openIfThere(
  uri: string,
  options: OpenCollectionOptions,
): Promise<Collection<unknown, unknown> | undefined> {
  try {
    return await openAnyCollection(uri, { ...options, create: false });
  } catch (error) {
    if (isCairnError(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

/** The encodings of a collection as text formats have them: what a custom codec makes is bytes. */
export async function encodingsOf({
  info,
}: Pick<Collection<unknown, unknown>, 'info'>): Promise<TextEncodings> {
  return {
    ...builtInEncodings(info),
    ...(info.valueEncoding === 'typed' ? { temporal: await loadTemporal() } : {}),
  };
}

/** Prints what a commit has done, and waits for the compaction that it may have begun. */
export async function reportCommit(
  collection: Collection<unknown, unknown>,
  commit: Commit,
  {
    summary,
    json,
    quiet,
    io,
    signal,
  }: {
    readonly summary: string;
    readonly json?: boolean;
    readonly quiet?: boolean;
    readonly io: Io;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  if (quiet !== true) io.stderr.write(`${summary}\n`);
  if (json === true) {
    const output = new Output(io.stdout, { optional: true });
    await output.write(`${JSON.stringify(commit)}\n`);
    await output.finish();
  }
  // The commit is done: an interruption ends the compaction alone.
  await unlessAborted(collection.settled(), signal);
}
