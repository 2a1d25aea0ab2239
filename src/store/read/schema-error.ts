import { copyBytes } from '../../bytes/copy-bytes.ts';
import type { KeyCodec } from '../../codec/keys/key-codec.ts';
import { showDecodedKey } from '../../codec/keys/show-key.ts';
import { SchemaMismatch } from '../../codec/values/schema-values.ts';
import { CairnError, type CairnErrorCode, isCairnError } from '../../errors.ts';

/**
 * The error for a value that a schema refuses (`SCHEMA_MISMATCH`: the call is right, the data are not what it
 * asks for) or cannot check (`INVALID_ARGUMENT`: the schema throws or is asynchronous), after the key in
 * `bytes[keyStart…keyEnd)`; `undefined` for errors of other causes, such as a value whose bytes are damaged.
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
  return new CairnError(code, `the value of the key ${showDecodedKey(key, keys)} ${what}`, {
    argument: 'schema',
    key,
    cause: error,
  });
}
