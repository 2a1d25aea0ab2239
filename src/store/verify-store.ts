import { corruption } from '../bytes/corruption.ts';
import { loadChecksum } from '../bytes/xxh64.ts';
import { isCustomName, isKeyEncodingName, isValueEncodingName } from '../codec/encoding-names.ts';
import { isCairnError } from '../errors.ts';
import { StoreDirectory } from './manifest/store-directory.ts';
import { openStore } from './open-store.ts';
import { storeInfo } from './store-info.ts';
import type { VerifyReport } from './verify/verifier.ts';
import { verifyDamaged } from './verify/verify-damaged.ts';
import { checkVerifyOptions, type VerifyOptions } from './verify/verify-options.ts';

/**
 * Reads every byte of a store and checks everything that can be. Damage is reported, not thrown: all of it, each with its
 * file, section, offset and the keys that it makes unreadable, and where a single bit is wrong, that bit. A broken
 * manifest, too, gives a report with `ok: false`; the partitions are then checked if it could be mended. Of one whose
 * checksum is right and whose contents are not, every member that is wrong is reported, and partitions are checked by what
 * their files say of themselves.
 *
 * In Node, stores of more than one partition are checked in several threads.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `INCOMPLETE`, `NOT_A_STORE`, `INVALID_ARGUMENT`.
 *
 * @example
 * ```ts
 * import { createStore, verifyStore } from 'cairnkv';
 *
 * await createStore('memory:sound').put('a', 1).close();
 * const { ok, checked, problems } = await verifyStore('memory:sound');
 * console.log(ok, checked.entries, problems); // true 1 []
 * ```
 */
export async function verifyStore(uri: string | URL, options: VerifyOptions = {}): Promise<VerifyReport> {
  checkVerifyOptions(options);
  const directory = StoreDirectory.at(uri);
  const checksum = await loadChecksum();
  try {
    const reader = await openStore(uri, { cacheBytes: 0, ...(await anyCodecs(directory)) });
    try {
      return await reader.verify(options);
    } finally {
      await reader.close();
    }
  } catch (error) {
    if (!isCairnError(error, 'CORRUPTION', 'UNSUPPORTED_FORMAT')) throw error;
    return verifyDamaged(directory, error, checksum, options);
  }
}

/** A verification looks at bytes: a codec of the writer's own needs a name only. */
async function anyCodecs(directory: StoreDirectory): Promise<object> {
  const info = await storeInfo(directory.uri);
  const stand = (name: string): object => {
    if (!isCustomName(name))
      throw corruption(directory.manifestPlace, 0, `no encoding of its kind is named '${name}'`);
    return { name, encode: unused, decode: (bytes: Uint8Array) => bytes.slice() };
  };
  return {
    ...(isKeyEncodingName(info.keyEncoding) ? {} : { keyEncoding: stand(info.keyEncoding) }),
    ...(isValueEncodingName(info.valueEncoding) ? {} : { valueEncoding: stand(info.valueEncoding) }),
  };
}

function unused(): never {
  throw new Error('a verification encodes nothing');
}
