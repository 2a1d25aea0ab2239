import { invalidArgument } from '../errors.ts';
import { describe } from './kinds.ts';
import type { ValueCodec, ValueOf } from './value-codec.ts';

/**
 * What checks values, and may fill in or change something: a Standard Schema (https://standardschema.dev), version 1,
 * as zod, valibot, arktype and others make them. Declared here in our own words, so that nobody needs its package.
 *
 * It must answer at once, not with a promise.
 *
 * @example
 * ```ts
 * import { createStore, openStore } from 'cairnkv';
 * import { z } from 'zod';
 *
 * const schema = z.object({ name: z.string(), moons: z.number().default(0) });
 * await createStore('memory:checked', { schema }).put('venus', { name: 'Venus' }).close();
 * const planets = await openStore('memory:checked', { schema });
 * console.log(planets.getSync('venus')); // { name: 'Venus', moons: 0 }
 * ```
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** For the compiler only. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** What a schema's `validate` answers: a value, or what is wrong. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that is wrong with a value, and where. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The type of the values that are put: what the schema takes, or without one what the encoding keeps. */
export type ValueInput<E, S extends StandardSchema> = StandardSchema extends S
  ? ValueOf<E>
  : NonNullable<S['~standard']['types']>['input'];

/** The type of the values that are read: what the schema gives, or without one what the encoding keeps. */
export type ValueOutput<E, S extends StandardSchema> = StandardSchema extends S
  ? ValueOf<E>
  : NonNullable<S['~standard']['types']>['output'];

/** Why a stored value does not meet a schema. The reader knows its key, and says so. */
export class SchemaMismatch extends Error {}

/** The schema that an option holds, if any. @throws {CairnError} `INVALID_ARGUMENT` (argument `schema`) if it is none. */
export function checkSchema(schema: unknown): StandardSchema | undefined {
  if (schema === undefined) return undefined;
  // arktype's schemas are functions.
  const holder = typeof schema === 'object' || typeof schema === 'function' ? schema : undefined;
  const standard = (holder as Partial<StandardSchema> | null | undefined)?.['~standard'];
  if (standard?.version === 1 && typeof standard.validate === 'function') return schema as StandardSchema;
  throw invalidArgument(
    'schema',
    `schema is ${describe(schema)}; pass a Standard Schema (version 1), such as those of zod, valibot and arktype`,
  );
}

/** A codec whose values meet a schema, on their way in and on their way out. What is kept is what the schema gives. */
export class SchemaValues implements ValueCodec<unknown> {
  readonly name: string;
  /** Not even bytes pass by the schema. */
  readonly givesBytes: boolean = false;
  readonly #values: ValueCodec<unknown>;
  readonly #schema: StandardSchema;

  constructor(values: ValueCodec<unknown>, schema: StandardSchema) {
    this.name = values.name;
    this.#values = values;
    this.#schema = schema;
  }

  encode(value: unknown): Uint8Array {
    const result = validate(this.#schema, value);
    if (result.issues !== undefined) throw invalidArgument('value', messageOf(result.issues));
    return this.#values.encode(result.value);
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

/** {@link SchemaValues}, or the codec as it is where there is no schema. */
export function withSchema<V>(values: ValueCodec<V>, schema: StandardSchema | undefined): ValueCodec<V> {
  return schema === undefined
    ? values
    : (new SchemaValues(values, schema) as ValueCodec<unknown> as ValueCodec<V>);
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
