import { isCairnError, storeInfo } from '../../node/index.ts';

/** Whether a complete store is at a URI. @throws {CairnError} (as a rejection) `CORRUPTION`, `UNSUPPORTED_FORMAT`, `IO`. */
export async function storeExists(uri: string): Promise<boolean> {
  try {
    await storeInfo(uri);
    return true;
  } catch (error) {
    if (isCairnError(error, 'NOT_FOUND', 'INCOMPLETE', 'NOT_A_STORE')) return false;
    throw error;
  }
}
