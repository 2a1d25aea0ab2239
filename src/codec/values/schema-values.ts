import { invalidArgument } from '../../errors.ts';
import type { SchemaIssue, SchemaResult, StandardSchema } from './schema.ts';
import type { ValueCodec, ValueDecoder } from './value-codec.ts';

/** Why a stored value does not meet a schema. The reader knows its key, and says so. */
export class SchemaMismatch extends Error {}

/** A decoder whose values meet a schema; what comes is what the schema gives. */
class SchemaDecoder implements ValueDecoder<unknown> {
  readonly name: string;
  /** Not even bytes pass by the schema. */
  readonly givesBytes: boolean = false;
  readonly #values: ValueDecoder<unknown>;
  readonly #schema: StandardSchema;

  constructor(values: ValueDecoder<unknown>, schema: StandardSchema) {
    this.name = values.name;
    this.#values = values;
    this.#schema = schema;
  }

  /** @throws {SchemaMismatch} if what the bytes hold does not meet the schema. */
  decode(bytes: Uint8Array, start: number, end: number): unknown {
    const value = this.#values.decode(bytes, start, end);
    const result = validate(this.#schema, value);
    if (result.issues !== undefined) throw new SchemaMismatch(messageOf(result.issues));
    // A reader gives `undefined` for a key that is not there.
    if (result.value === undefined) throw new SchemaMismatch('value becomes undefined');
    return result.value;
  }
}

/** A codec whose values meet a schema, on their way in and on their way out. What is kept is what the schema gives. */
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

/** The codec with a schema before it, or as it is where there is none. */
export function codecWithSchema<V>(values: ValueCodec<V>, schema: StandardSchema | undefined): ValueCodec<V> {
  return schema === undefined
    ? values
    : (new SchemaCodec(values, schema) as ValueCodec<unknown> as ValueCodec<V>);
}

/** The decoder with a schema behind it. */
export function decoderWithSchema<V>(values: ValueDecoder<V>, schema: StandardSchema): ValueDecoder<V> {
  return new SchemaDecoder(values, schema) as ValueDecoder<unknown> as ValueDecoder<V>;
}

function validate(schema: StandardSchema, value: unknown): SchemaResult<unknown> {
  let result: SchemaResult<unknown> | Promise<SchemaResult<unknown>>;
  try {
    result = schema['~standard'].validate(value);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw invalidArgument('schema', `the schema's validate() threw: ${reason}`, error);
  }
  if (!isPromise(result)) return result;
  // What becomes of it is of no interest any more.
  result.then(ignore, ignore);
  throw invalidArgument(
    'schema',
    'the schema answers with a promise, but values are checked at once: leave out what is asynchronous in it, and check that before put',
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
