import { copyBytes } from '../../bytes/copy-bytes.ts';
import { toHex } from '../../bytes/hex.ts';
import type { KeyCodec } from '../../codec/keys/key-codec.ts';
import { SchemaMismatch } from '../../codec/values/schema-values.ts';
import { CairnError, type CairnErrorCode, isCairnError } from '../../errors.ts';

/**
 * The error for a value that a schema did not take (`SCHEMA_MISMATCH`: the call is right, the data are not what it asks
 * for) or could not check (`INVALID_ARGUMENT`: the schema throws or is asynchronous), behind the key in `bytes[keyStart…keyEnd)`; `undefined` for what has
 * another cause: then the bytes of the value are not what they should be.
 */
export function schemaError(
  error: unknown,
  bytes: Uint8Array,
  keyStart: number,
  keyEnd: number,
  keys: KeyCodec<unknown>,
): CairnError | undefined {
  let what: string;
  let code: CairnErrorCode = 'INVALID_ARGUMENT';
  if (error instanceof SchemaMismatch) {
    code = 'SCHEMA_MISMATCH';
    what = `does not meet the schema: ${error.message}; open the store with a schema that takes what is stored, or without one`;
  } else if (isCairnError(error, 'INVALID_ARGUMENT') && error.argument === 'schema') {
    what = `can't be checked: ${error.message}`;
  } else {
    return undefined;
  }
  const key = copyBytes(bytes, keyStart, keyEnd);
  return new CairnError(code, `the value of the key ${showKey(key, keys)} ${what}`, {
    argument: 'schema',
    key,
    cause: error,
  });
}

const MAX_CHARACTERS = 64;

/** Text and numbers as they are, all other keys as hex. */
function showKey(bytes: Uint8Array, keys: KeyCodec<unknown>): string {
  let key: unknown;
  try {
    key = keys.decode(bytes, 0, bytes.length);
  } catch {
    // A codec of the user's own may throw anything: the message can do without.
  }
  let text = `0x${toHex(bytes.subarray(0, MAX_CHARACTERS))}`;
  if (typeof key === 'string') text = JSON.stringify(key);
  else if (typeof key === 'number' || typeof key === 'bigint') text = String(key);
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
}
