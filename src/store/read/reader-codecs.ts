import type { KeyCodec } from '../../codec/keys/key-codec.ts';
import type { KeyEncoding } from '../../codec/keys/key-encoding.ts';
import type { ValueDecoder } from '../../codec/values/value-codec.ts';
import type { ValueEncoding } from '../../codec/values/value-encoding.ts';
import { invalidArgument, isCairnError, notLoaded } from '../../errors.ts';
import { EntryDecoder } from './entry-decoder.ts';
import type { ReadOptions } from './read-options.ts';

/** The decoder of a store's entries; with a schema, it checks the values. */
export async function entryDecoder<K, V>(
  keys: KeyCodec<K>,
  values: ValueDecoder<V>,
  { schema, views }: Pick<ReadOptions, 'schema' | 'views'>,
): Promise<EntryDecoder<K, V>> {
  if (schema === undefined) return new EntryDecoder(keys, values, views);
  const { decoderWithSchema } = await import('../../codec/values/schema-values.ts').catch(notLoaded);
  const { schemaError } = await import('./schema-error.ts').catch(notLoaded);
  return new EntryDecoder(keys, decoderWithSchema(values, schema), views, schemaError);
}

/** Returns the codec that the store names: the caller's if it is user-defined. */
export async function codecOf<E extends KeyEncoding | ValueEncoding, C>(
  option: string,
  stored: string,
  given: E | undefined,
  codecFor: (encoding: E) => C | Promise<C>,
): Promise<C> {
  const name = typeof given === 'object' ? given.name : given;
  if (name !== undefined && name !== stored) {
    throw invalidArgument(option, `the store was written with ${option} '${stored}', not '${name}'`);
  }
  try {
    return await codecFor(given ?? (stored as E));
  } catch (error) {
    if (given !== undefined || isCairnError(error, 'IO')) throw error;
    throw invalidArgument(
      option,
      `the store was written with ${option} '${stored}', a codec of its writer: pass that codec as ${option}`,
      error,
    );
  }
}
