import { invalidArgument, reasonOf } from '../../errors.ts';
import type { SchemaIssue, SchemaResult, StandardSchema } from './schema.ts';
import type { ValueCodec, ValueDecoder } from './value-codec.ts';

/** Why a stored value does not match a schema. The reader adds the key. */
export class SchemaMismatch extends Error {}

/** A decoder that validates values by a schema, and returns what the schema returns. */
class SchemaDecoder implements ValueDecoder<unknown> {
  readonly name: string;
  /** False even for bytes, which must pass the schema too. */
  readonly isBinary: boolean = false;
  readonly #values: ValueDecoder<unknown>;
  readonly #schema: StandardSchema;

  constructor(values: ValueDecoder<unknown>, schema: StandardSchema) {
    this.name = values.name;
    this.#values = values;
    this.#schema = schema;
  }

  /** @throws {SchemaMismatch} if the decoded value does not match the schema. */
  decode(bytes: Uint8Array, start: number, end: number): unknown {
    const value = this.#values.decode(bytes, start, end);
    const result = validate(this.#schema, value);
    if (result.issues !== undefined) throw new SchemaMismatch(messageOf(result.issues));
    // A reader returns `undefined` for an absent key.
    if (result.value === undefined) throw new SchemaMismatch('value becomes undefined');
    return result.value;
  }
}

/**
 * A codec that validates values by a schema, both when written and when read. It stores what the schema
 * returns.
 */
class SchemaCodec extends SchemaDecoder implements ValueCodec<unknown> {
  readonly #values: ValueCodec<unknown>;
  readonly #schema: StandardSchema;

  constructor(values: ValueCodec<unknown>, schema: StandardSchema) {
    super(values, schema);
    this.#values = values;
    this.#schema = schema;
  }

  encode(value: unknown): Uint8Array {
    const result = validate(this.#schema, value);
    if (result.issues !== undefined) throw invalidArgument('value', messageOf(result.issues));
    return this.#values.encode(result.value);
  }
}

/** Returns a codec that validates by the schema, or the codec itself without one. */
export function codecWithSchema<V>(values: ValueCodec<V>, schema: StandardSchema | undefined): ValueCodec<V> {
  return schema === undefined
    ? values
    : (new SchemaCodec(values, schema) as ValueCodec<unknown> as ValueCodec<V>);
}

/** Returns a decoder that validates by the schema. */
export function decoderWithSchema<V>(values: ValueDecoder<V>, schema: StandardSchema): ValueDecoder<V> {
  return new SchemaDecoder(values, schema) as ValueDecoder<unknown> as ValueDecoder<V>;
}

function validate(schema: StandardSchema, value: unknown): SchemaResult<unknown> {
  let result: SchemaResult<unknown> | Promise<SchemaResult<unknown>>;
  try {
    result = schema['~standard'].validate(value);
  } catch (error) {
    const reason = reasonOf(error);
    throw invalidArgument('schema', `the schema's validate() threw: ${reason}`, error);
  }
  if (!isPromise(result)) return result;
  // The outcome no longer matters, but a rejection must not go unhandled.
  result.then(ignore, ignore);
  throw invalidArgument(
    'schema',
    'the schema returns a promise, but values are checked synchronously: remove the asynchronous part, and check it before put',
  );
}

function isPromise<T>(result: T | Promise<T>): result is Promise<T> {
  return typeof (result as Partial<Promise<T>> | null)?.then === 'function';
}

function ignore(): void {}

function messageOf(issues: readonly SchemaIssue[]): string {
  const [first] = issues;
  if (first === undefined) return 'value does not meet the schema';
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  return `value${pathOf(first)}: ${first.message}${more}`;
}

function pathOf({ path = [] }: SchemaIssue): string {
  let text = '';
  for (const step of path) {
    const key = typeof step === 'object' ? step.key : step;
    if (typeof key === 'number') text += `[${key}]`;
    else if (typeof key === 'string' && /^[A-Za-z_$][\w$]*$/.test(key)) text += `.${key}`;
    else text += typeof key === 'string' ? `[${JSON.stringify(key)}]` : `[${String(key)}]`;
  }
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
