import type { Checksum } from '../../bytes/checksum.ts';
import { CairnError } from '../../errors.ts';
import { isCurrent } from '../manifest/current-manifest.ts';
import type { OpenedFiles } from '../manifest/opened-files.ts';
import type { StoreDirectory } from '../manifest/store-directory.ts';
import type { VerifyReport } from './verifier.ts';

/**
 * Refuses a report of damage if the files were those of a store that has been replaced meanwhile: of a remote store that is
 * open, nothing else may be wrong.
 *
 * @throws {CairnError} `REPLACED`, `IO`.
 */
export async function refuseReplaced(
  report: VerifyReport,
  directory: StoreDirectory,
  { manifest, files }: OpenedFiles,
  checksum: Checksum,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (report.ok || !files.some(({ isRemote }) => isRemote)) return;
  if (await isCurrent(directory, manifest, checksum, signal)) return;
  const { uri } = directory;
  throw new CairnError('REPLACED', `${uri} was replaced while it was verified: verify it again`, { uri });
}
