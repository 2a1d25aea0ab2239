import { invalidArgument } from '../../errors.ts';
import { describe } from '../type-names.ts';
import type { ValueOf } from './value-encoding.ts';

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

/** The schema that an option holds, if any. @throws {CairnError} `INVALID_ARGUMENT` (argument `schema`) if it is none. */
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
