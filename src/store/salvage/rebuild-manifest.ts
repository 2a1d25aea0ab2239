import { type Checksum, hex64 } from '../../bytes/checksum.ts';
import { compareBytes } from '../../bytes/compare.ts';
import { CairnError, type CairnErrorDetails, isCairnError } from '../../errors.ts';
import { isListable } from '../../io/narrow-storage.ts';
import type { ListableStorage } from '../../io/storage.ts';
import { problemOf, type VerifyProblem } from '../../partition/check/verify-problem.ts';
import type { PartitionRecord } from '../../partition/partition-record.ts';
import { ReadCounter } from '../../partition/read-counter.ts';
import { contentId, type Manifest } from '../manifest/manifest.ts';
import { openAlone } from '../manifest/open-alone.ts';
import { attemptIdOf } from '../manifest/orphan-files.ts';
import { StoreDirectory } from '../manifest/store-directory.ts';

/** The names that a partition may have in a manifest. Not used to decide what is removed. */
const PARTITION_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*\.cairn$/;

/** A manifest that was rebuilt from the partitions. */
export interface RebuiltManifest {
  readonly manifest: Manifest;
  /** Whether partitions may be missing before each of them and, as the last element, after them. */
  readonly gaps: readonly boolean[];
  readonly problems: readonly VerifyProblem[];
}

/** A file of the store, as far as it could be read. */
interface FoundFile {
  readonly name: string;
  readonly number: number;
  /** A manifest of this partition alone. */
  readonly manifest?: Manifest;
}

/**
 * Rebuilds a manifest from the partitions. That they belong to the store is proven in one of two ways: the
 * damaged manifest still has the checksum of a partition's tail, or all files come from one writer, whose
 * attempt id is part of their names.
 *
 * @throws {CairnError} `CORRUPTION` if nothing is proven, `IO`.
 */
export async function rebuildManifest(
  directory: StoreDirectory,
  damaged: Uint8Array,
  reason: CairnError,
  checksum: Checksum,
): Promise<RebuiltManifest> {
  const text = new TextDecoder('latin1').decode(damaged);
  const problems: VerifyProblem[] = [];
  const { storage } = directory;
  if (!isListable(storage)) throw unproven(directory, reason);
  const files = await findFiles(new StoreDirectory({ ...directory, storage }), checksum, problems);
  const oneWriter =
    new Set(files.map(({ name }) => attemptIdOf(name))).size === 1 &&
    attemptIdOf(files[0].name) !== undefined;
  const belongs = ({ manifest }: FoundFile): boolean =>
    manifest !== undefined && (oneWriter || text.includes(`"${hex64(manifest.partitions[0].tailChecksum)}"`));
  const own = files.filter(belongs).sort((a, b) => compareBytes(recordOf(a).firstKey, recordOf(b).firstKey));
  const manifests = own.map(({ manifest }) => manifest as Manifest);
  const [first] = manifests;
  const consistent = manifests.every(
    ({ keyEncoding, valueEncoding }, i) =>
      keyEncoding === first.keyEncoding &&
      valueEncoding === first.valueEncoding &&
      (i === 0 || compareBytes(recordOf(own[i - 1]).lastKey, recordOf(own[i]).firstKey) < 0),
  );
  if (first === undefined || !consistent) throw unproven(directory, reason);
  const partitions = own.map(recordOf);
  const manifest: Manifest = { ...first, metadata: {}, partitions, id: '' };
  const id = contentId(manifest, checksum);
  // The id is computed from all entries: if the manifest still has it, no partition is missing.
  const complete = text.includes(`"${id}"`);
  const numbered = oneWriter && own.every(({ number }, i) => i === 0 || number > own[i - 1].number);
  const gaps = own.map(({ number }, i) => {
    const expected = i === 0 ? 0 : own[i - 1].number + 1;
    return !complete && !(numbered && number === expected);
  });
  return { manifest: { ...manifest, id }, gaps: [...gaps, !complete], problems };
}

function recordOf({ manifest }: FoundFile): PartitionRecord {
  return (manifest as Manifest).partitions[0];
}

async function findFiles(
  directory: StoreDirectory<ListableStorage>,
  checksum: Checksum,
  problems: VerifyProblem[],
): Promise<FoundFile[]> {
  const { storage } = directory;
  const files: FoundFile[] = [];
  for await (const { name, kind } of storage.list(directory.data)) {
    if (kind !== 'file' || !PARTITION_NAME.test(name)) continue;
    const path = directory.partition(name);
    const number = Number(/^part-(\d+)-/.exec(name)?.[1] ?? Number.NaN);
    const uri = storage.uri(path);
    try {
      const source = await storage.open(path);
      const { manifest } = await openAlone({ uri, name, source }, { checksum, counter: new ReadCounter() });
      await source.close();
      files.push({ name, number, manifest });
    } catch (error) {
      if (isCairnError(error, 'IO') && error.transient === true) throw error;
      problems.push(problemOf(error, uri));
      files.push({ name, number });
    }
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function unproven({ uri }: StoreDirectory, reason: CairnError): CairnError {
  const { file, section, offset } = reason;
  const place = { file, section, offset } as CairnErrorDetails;
  return new CairnError(
    'CORRUPTION',
    `${reason.message}. Nothing proves which of the files in ${uri}/data belong to the store: name single ones, such as ` +
      'data/part-00000-….cairn, to read those',
    { ...place, cause: reason },
  );
}
