import { type CairnError, invalidArgument, isCairnError } from '../errors.ts';
import type { Codec } from './codec.ts';
import { DETACHED, isDetached } from './detached.ts';
import { isKeyEncodingName, isValueEncodingName } from './encoding-names.ts';
import { describe, isBytes } from './type-names.ts';

/** The option that a codec was passed as, and the word for what it encodes. */
export type CodecRole =
  | { readonly option: 'keyEncoding'; readonly subject: 'key' }
  | { readonly option: 'valueEncoding'; readonly subject: 'value' };

/**
 * Checks that `encoding` is a user-defined codec: two functions, and a name that a store can keep.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` otherwise, also for a string: the caller has handled the built-in
 * names.
 */
export function customCodec(encoding: unknown, role: CodecRole, builtIn: readonly string[]): Codec<unknown> {
  const { option, subject } = role;
  const names = builtIn.map((name) => `'${name}'`).join(', ');
  const wanted = `${names} or a codec { name, encode(${subject}): Uint8Array, decode(bytes) }`;
  if (typeof encoding !== 'object' || encoding === null) {
    throw invalidArgument(option, `${option} is ${describe(encoding)}; pass ${wanted}`);
  }
  const codec = encoding as Partial<Codec<unknown>>;
  if (typeof codec.encode !== 'function' || typeof codec.decode !== 'function') {
    throw invalidArgument(
      option,
      `${option} is ${describe(encoding)} without encode and decode; pass ${wanted}`,
    );
  }
  if (typeof codec.name !== 'string' || !/^[A-Za-z0-9._-]{1,64}$/.test(codec.name)) {
    throw invalidArgument(
      option,
      `${option}.name is ${describe(codec.name)}; the store keeps the codec's name: give it 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-'`,
    );
  }
  if (isKeyEncodingName(codec.name) || isValueEncodingName(codec.name)) {
    throw invalidArgument(
      option,
      `${option}.name is '${codec.name}', which names a built-in codec; a reader could not tell the two apart: choose another name`,
    );
  }
  return codec as Codec<unknown>;
}

/**
 * Encodes a key or value. The result is the codec's memory: copy it at once.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` if the codec throws, or does not return a `Uint8Array`.
 */
export function encodeWith(codec: Codec<unknown>, input: unknown, argument: string): Uint8Array {
  let bytes: unknown;
  try {
    bytes = codec.encode(input);
  } catch (error) {
    throw isCairnError(error) ? error : refusedBy(codec, argument, error);
  }
  if (isBytes(bytes)) {
    if (isDetached(bytes))
      throw invalidArgument(argument, `${argument}: encode() of the codec '${codec.name}' ${DETACHED}`);
    return bytes;
  }
  throw invalidArgument(
    argument,
    `${argument}: encode() of the codec '${codec.name}' returned ${describe(bytes)}; it must return a Uint8Array, and not a promise of one`,
  );
}

/**
 * Decodes a key or value, whose bytes a checksum has proven to be those that were stored.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` (the role's option) if the codec throws: no copy of the file would help.
 */
export function decodeWith(
  codec: Codec<unknown>,
  bytes: Uint8Array,
  { option, subject }: CodecRole,
): unknown {
  try {
    return codec.decode(bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : describe(error);
    throw invalidArgument(
      option,
      `the codec '${codec.name}' does not decode a ${subject} whose bytes are as they were written: ${reason}. ` +
        `Correct its decode(), or pass the codec that the store was written with as ${option}`,
      error,
    );
  }
}

function refusedBy(codec: Codec<unknown>, argument: string, error: unknown): CairnError {
  const reason = error instanceof Error ? error.message : describe(error);
  return invalidArgument(argument, `${argument}: the codec '${codec.name}' refused it: ${reason}`, error);
}
