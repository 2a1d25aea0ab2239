import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { JobDefinition } from '../batch/define-job.ts';
import { invalidArgument, reasonOf } from '../errors.ts';

/** A job's module that has been imported. */
export interface ImportedJob {
  readonly definition: JobDefinition;
  readonly url: string;
}

/**
 * Imports the module of a job, named by its path or URL.
 *
 * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT`.
 */
export async function importJob(module: string | URL): Promise<ImportedJob> {
  const url = isUrl(module) ? String(module) : pathToFileURL(resolve(String(module))).href;
  let loaded: { readonly default?: unknown };
  try {
    loaded = (await import(url)) as typeof loaded;
  } catch (error) {
    const reason = reasonOf(error);
    throw invalidArgument('job', `the job ${String(module)} can't be loaded: ${reason}`, error);
  }
  const { default: definition } = loaded;
  if (typeof definition === 'object' && definition !== null)
    return { definition: definition as JobDefinition, url };
  throw invalidArgument(
    'job',
    `${String(module)} has no default export: write export default defineJob({ … })`,
  );
}

function isUrl(module: string | URL): boolean {
  return module instanceof URL || /^(?:file|data):/.test(module);
}
