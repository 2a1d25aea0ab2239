import { invalidArgument } from '../../errors.ts';
import { describe } from '../type-names.ts';
import type { ValueOf } from './value-encoding.ts';

/**
 * Validates values, and may add defaults or transform them: a Standard Schema (https://standardschema.dev),
 * version 1, as zod, valibot, arktype and others implement it. Declared here so that its package is not
 * needed.
 *
 * Validation must be synchronous.
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
    /** Types only: absent at run time. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** The result of a schema's `validate`: a value, or the problems found. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One problem of a value, and its path. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The type of the values that are put: the schema's input, or without a schema what the encoding keeps. */
export type ValueInput<E, S extends StandardSchema> = StandardSchema extends S
  ? ValueOf<E>
  : NonNullable<S['~standard']['types']>['input'];

/** The type of the values that are read: the schema's output, or without a schema what the encoding keeps. */
export type ValueOutput<E, S extends StandardSchema> = StandardSchema extends S
  ? ValueOf<E>
  : NonNullable<S['~standard']['types']>['output'];

/**
 * Checks the option `schema`, which may be absent.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` (argument `schema`).
 */
export function checkSchema(schema: unknown): StandardSchema | undefined {
  if (schema === undefined) return undefined;
  // arktype's schemas are functions.
  const holder = typeof schema === 'object' || typeof schema === 'function' ? schema : undefined;
  const standard = (holder as Partial<StandardSchema> | null | undefined)?.['~standard'];
  if (standard?.version === 1 && typeof standard.validate === 'function') return schema as StandardSchema;
  throw invalidArgument(
    'schema',
    `schema is ${describe(schema)}; pass a Standard Schema (version 1), as zod, valibot and arktype have`,
  );
}
