import { corruption } from '../bytes/corruption.ts';
import { loadChecksum } from '../bytes/xxh64.ts';
import { isCairnError } from '../errors.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { MemorySource } from '../io/memory.ts';
import { isListable } from '../io/narrow-storage.ts';
import { locate } from '../io/uri.ts';
import { problemOf } from '../partition/check/verify-problem.ts';
import type { PartitionRecord } from '../partition/partition-record.ts';
import { ReadCounter } from '../partition/read-counter.ts';
import { EVERYTHING } from '../store/read/range.ts';
import { Verifier, type VerifyReport } from '../store/verify/verifier.ts';
import type { VerifyOptions } from '../store/verify/verify-options.ts';
import { requireDefinition } from './collection-info.ts';
import { GenerationPool } from './read/generation-reader.ts';
import { MergeScan } from './read/merge-scan.ts';
import { CollectionDirectory } from './version/collection-directory.ts';
import type { Definition, Generation, VersionState } from './version/version-state.ts';

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
  await checkBegin(directory, definition, verifier, signal);
  await checkHint(directory, verifier, signal);
  const generations = new Map<string, Generation>();
  for (const state of await keptStates(directory, definition, verifier, signal)) {
    checkDefinition(directory, definition, state, verifier);
    for (const one of state.generations) generations.set(saidOf(one), one);
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
    const before = verifier.report.problems.length;
    await verifier.partitions(found, definition, new ReadCounter());
    // Of damaged partitions enough has been said.
    if (verifier.report.problems.length > before) return verifier.report;
    const pool = new GenerationPool(directory, checksum, new ReadCounter(), 0);
    for (const generation of generations.values()) {
      if (!generation.isMarked) continue;
      try {
        await checkMarks(pool, generation, signal);
      } catch (error) {
        verifier.problem(problemOf(error, directory.uri));
      }
    }
  } finally {
    await Promise.all(found.map(({ source }) => source.close()));
  }
  return verifier.report;
}

/** All that a version says of a generation: another version may say something else of the same files. */
function saidOf({ inline, isMarked, tombstones, partitions }: Generation): string {
  const records = partitions.map(({ name, bytes, tailChecksum }) => `${name} ${bytes} ${tailChecksum}`);
  return [inline === undefined, isMarked, tombstones, ...records].join(' ');
}

/** Versions go on from this file, which readers do not look into. */
async function checkBegin(
  directory: CollectionDirectory,
  { id }: Definition,
  verifier: Verifier,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await directory.checkBegin(id, signal);
  } catch (error) {
    verifier.problem(problemOf(error, directory.uri));
  }
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
    if (number === undefined || !isListable(storage) || numbers.includes(number)) return;
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
  const missing = (number: number): void =>
    verifier.problem(problemOf(directory.missingVersion(number, definition.id), directory.uri));
  const numbers = await directory.listVersions();
  if (numbers.length === 0) {
    // Without a listing only the numbers say which there are.
    const found = verifier.report.problems.length;
    let number = (await newestOf(directory, definition, verifier, signal))?.number ?? 0;
    const isKnown = number > 0 || verifier.report.problems.length > found;
    if (!isKnown && !(await hasFile(directory, definition, 0, signal))) missing(0);
    for (let oldest = 1; number >= oldest && number > 0; number--) {
      signal?.throwIfAborted();
      const state = await read(number);
      if (state !== undefined) states.push(state);
      else if (!(await hasFile(directory, definition, number, signal))) {
        missing(number);
        break;
      }
      oldest = states[0]?.oldest ?? number;
    }
    return states;
  }
  for (const [i, number] of numbers.entries()) {
    signal?.throwIfAborted();
    // Only the newest one that can be read says which are kept.
    const oldest = states[0]?.oldest ?? 1;
    if (number < oldest) break;
    const state = await read(number);
    if (state !== undefined) states.push(state);
    // The newest one counts only if the one before it is there, kept or not; for the first, that is another file.
    const [before, next = 0] = [number - 1, numbers[i + 1]];
    if (before === next && before > 0) continue;
    if (i > 0 && before < (states[0]?.oldest ?? 1)) continue;
    if (!(await hasFile(directory, definition, before, signal))) missing(before);
  }
  return states;
}

/** The newest version, where nothing can be listed. */
async function newestOf(
  directory: CollectionDirectory,
  definition: Definition,
  verifier: Verifier,
  signal: AbortSignal | undefined,
): Promise<VersionState | undefined> {
  try {
    return await directory.newest(definition, undefined, signal);
  } catch (error) {
    if (!isCairnError(error, 'CORRUPTION', 'UNSUPPORTED_FORMAT')) throw error;
    verifier.problem(problemOf(error, directory.uri));
    return undefined;
  }
}

async function hasFile(
  directory: CollectionDirectory,
  { id }: Definition,
  number: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (number === 0) return directory.isThere(undefined, id, signal);
  try {
    return (await directory.readVersion(number, signal)) !== undefined;
  } catch (error) {
    // What it holds is of no account if it is not kept.
    if (isCairnError(error, 'CORRUPTION', 'UNSUPPORTED_FORMAT')) return true;
    throw error;
  }
}

/** A value of a marked generation begins with the mark, and those without are as many tombstones as a version says. */
async function checkMarks(
  pool: GenerationPool,
  generation: Generation,
  signal: AbortSignal | undefined,
): Promise<void> {
  const [reader] = await pool.open([generation], signal);
  const scan = new MergeScan([reader], { ...EVERYTHING, signal }, { tombstones: true });
  try {
    let tombstones = 0;
    for (;;) {
      const next = scan.next();
      if (!(typeof next === 'boolean' ? next : await next)) break;
      for (let i = 0; i < scan.spans.count; i++) if (scan.isTombstone(i)) tombstones++;
    }
    if (tombstones === generation.tombstones) return;
    const file = reader.set.partitions[0].file.source.name;
    const details = { expected: `${generation.tombstones}`, actual: `${tombstones}` };
    throw corruption({ file, section: 'entry', offset: 0 }, 'the number of tombstones differs', details);
  } finally {
    scan.close();
    pool.release([reader]);
  }
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
