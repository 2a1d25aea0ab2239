import { type CairnError, isCairnError, type VerifyOptions, verifyStore } from '../../src/index.ts';
import { open } from './stores.ts';

/**
 * What reading all of a store of text comes to: the error, or undefined when nothing is wrong.
 *
 * `verifyStore()` must agree: it finds no less than a reader does.
 */
export async function damageOf(uri: string, options: VerifyOptions = {}): Promise<CairnError | undefined> {
  const error = await readingError(uri);
  const report = await verifyStore(uri, options);
  if (error !== undefined && report.ok)
    throw new Error(`verifyStore() finds nothing where reading says ${error.message}`);
  if (report.ok !== (report.problems.length === 0)) throw new Error('ok and problems disagree');
  return error;
}

async function readingError(uri: string): Promise<CairnError | undefined> {
  try {
    await using store = await open(uri);
    for await (const [key, value] of store) {
      if ((await store.get(key)) !== value) throw new Error(`get() and entries() disagree about ${key}`);
    }
    return undefined;
  } catch (error) {
    if (isCairnError(error)) return error;
    throw error;
  }
}
