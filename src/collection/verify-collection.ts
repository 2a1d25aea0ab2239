import { corruption } from '../bytes/corruption.ts';
import { loadChecksum } from '../bytes/xxh64.ts';
import { isCairnError } from '../errors.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { MemorySource } from '../io/memory.ts';
import { locate } from '../io/uri.ts';
import { problemOf } from '../partition/check/verify-problem.ts';
import type { PartitionRecord } from '../partition/partition-record.ts';
import { ReadCounter } from '../partition/read-counter.ts';
import { Verifier, type VerifyReport } from '../store/verify/verifier.ts';
import type { VerifyOptions } from '../store/verify/verify-options.ts';
import { requireDefinition } from './collection-info.ts';
import { CollectionDirectory } from './version/collection-directory.ts';
import { type Definition, type Generation, nameOf, type VersionState } from './version/version-state.ts';

/**
 * Reads all that the kept versions of a collection name, and checks everything that can be: version files, partitions and
 * what versions say of them. It reports what it finds instead of throwing it.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `NOT_A_STORE`, `INVALID_ARGUMENT`, `IO`.
 */
export async function verifyCollection(
  uri: string | URL,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const checksum = await loadChecksum();
  const verifier = new Verifier(checksum, options);
  const { signal } = options;
  signal?.throwIfAborted();
  const directory = new CollectionDirectory(locate(uri), checksum);
  let definition: Definition;
  try {
    definition = await requireDefinition(directory, signal);
  } catch (error) {
    if (!isCairnError(error, 'CORRUPTION', 'UNSUPPORTED_FORMAT')) throw error;
    verifier.problem(problemOf(error, directory.uri));
    return verifier.report;
  }
  await checkHint(directory, verifier, signal);
  const generations = new Map<string, Generation>();
  for (const state of await keptStates(directory, definition, verifier, signal)) {
    checkDefinition(directory, definition, state, verifier);
    for (const one of state.generations) if (!generations.has(nameOf(one))) generations.set(nameOf(one), one);
  }
  const found: { source: ByteSource; record: PartitionRecord }[] = [];
  try {
    for (const { inline, partitions } of generations.values()) {
      for (const record of partitions) {
        try {
          const source =
            inline === undefined
              ? await directory.storage.open(directory.files.partition(record.name), record)
              : new MemorySource(inline.file, inline.bytes);
          found.push({ source, record });
        } catch (error) {
          verifier.problem(problemOf(missing(directory, record, error), directory.uri));
        }
      }
    }
    await verifier.partitions(found, definition, new ReadCounter());
  } finally {
    await Promise.all(found.map(({ source }) => source.close()));
  }
  return verifier.report;
}

/** Only readers without listings need the hint: it must name a version that has a file. */
async function checkHint(
  directory: CollectionDirectory,
  verifier: Verifier,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { storage, latest } = directory;
  try {
    const number = await directory.readHint(signal);
    const numbers = await directory.listVersions();
    if (number === undefined || numbers.length === 0 || numbers.includes(number)) return;
    const region = { file: storage.uri(latest), section: 'file', offset: 0 };
    const details = { expected: 'the number of a version', actual: `${number}` };
    throw corruption(region, 'the hint names a version that has no file', details);
  } catch (error) {
    verifier.problem(problemOf(error, directory.uri));
  }
}

/** The kept versions, the newest first, as far as they can be read. */
async function keptStates(
  directory: CollectionDirectory,
  definition: Definition,
  verifier: Verifier,
  signal: AbortSignal | undefined,
): Promise<VersionState[]> {
  const states: VersionState[] = [];
  const read = async (number: number): Promise<VersionState | undefined> => {
    try {
      return await directory.readVersion(number, signal);
    } catch (error) {
      verifier.problem(problemOf(error, directory.uri));
      return undefined;
    }
  };
  let numbers = await directory.listVersions();
  if (numbers.length === 0) {
    const newest = await directory.newest(definition, undefined, signal);
    numbers = newest === undefined ? [] : [newest.number];
  }
  let oldest = 1;
  for (let number = numbers[0] ?? 0; number >= oldest && number > 0; number--) {
    signal?.throwIfAborted();
    const state = await read(number);
    if (state !== undefined) {
      // Only the newest one that can be read says which are kept.
      if (states.length === 0) oldest = state.oldest;
      states.push(state);
    } else if (states.length > 0 && !numbers.includes(number)) {
      const file = directory.storage.uri(directory.version(number));
      const region = { file, section: 'file', offset: 0 };
      verifier.problem(problemOf(corruption(region, 'a kept version is missing'), directory.uri));
    }
  }
  return states;
}

function checkDefinition(
  directory: CollectionDirectory,
  definition: Definition,
  state: VersionState,
  verifier: Verifier,
): void {
  const file = directory.storage.uri(directory.version(state.number));
  for (const name of ['id', 'keyEncoding', 'valueEncoding', 'compression'] as const) {
    if (state[name] === definition[name]) continue;
    const details = { expected: definition[name], actual: state[name] };
    const region = { file, section: 'state', offset: 0 };
    verifier.problem(
      problemOf(corruption(region, `${name} is not the collection's`, details), directory.uri),
    );
  }
}

function missing(
  { storage, files }: CollectionDirectory,
  { name }: PartitionRecord,
  error: unknown,
): unknown {
  if (!isCairnError(error, 'NOT_FOUND')) return error;
  const region = { file: storage.uri(files.partition(name)), section: 'file', offset: 0 };
  return corruption(region, 'a partition is missing', { cause: error });
}
