import type { TypeDefinition } from './type-definition.ts';
import { formatType } from './type-text.ts';

/**
 * The type of a column: made by `int()`, `string()` and the like. `Input` is what rows may hold, `Output` what is read back.
 */
export class ColumnType<Input = unknown, Output = Input, Nullable extends boolean = boolean> {
  /** For inference alone: no object has these. */
  declare readonly input?: Input;
  declare readonly output?: Output;
  /** Whether values may be null: then rows may leave the column out. */
  readonly isNullable: Nullable;
  /** @internal */
  readonly definition: TypeDefinition;

  /** @internal Use `int()`, `string()` … */
  constructor(definition: TypeDefinition & { readonly nullable: Nullable }) {
    this.definition = definition;
    this.isNullable = definition.nullable;
  }

  /** The same type, with null. */
  nullable(): ColumnType<Input, Output, true> {
    return new ColumnType<Input, Output, true>({ ...this.definition, nullable: true });
  }

  /** Such as `DECIMAL(10, 2)`, or `STRING?` for one that may be null. */
  toString(): string {
    return formatType(this.definition);
  }
}

/** The column type of a definition, of which nothing is known when this is compiled. */
export function columnTypeOf(definition: TypeDefinition): ColumnType {
  return new ColumnType(definition);
}

/** What values of a type may be when they are written. */
export type InputOf<T> =
  T extends ColumnType<infer Input, unknown, infer Nullable>
    ? true extends Nullable
      ? Input | null
      : Input
    : never;

/** What values of a type are when they are read. */
export type OutputOf<T> =
  T extends ColumnType<unknown, infer Output, infer Nullable>
    ? true extends Nullable
      ? Output | null
      : Output
    : never;
