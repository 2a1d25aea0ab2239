/** A type without lengths or parts. */
export type PlainTypeName =
  | 'BOOLEAN'
  | 'TINYINT'
  | 'SMALLINT'
  | 'INT'
  | 'BIGINT'
  | 'FLOAT'
  | 'DOUBLE'
  | 'STRING'
  | 'BYTES'
  | 'DATE';

/** How the values of a column, or of a part of one, are kept. */
export type TypeDefinition = (
  | { readonly type: PlainTypeName }
  /** `length`: characters at most, or bytes exactly. */
  | { readonly type: 'CHAR' | 'BINARY'; readonly length: number }
  | { readonly type: 'DECIMAL'; readonly precision: number; readonly scale: number }
  /** `precision`: digits of a second's fraction. */
  | { readonly type: 'TIME' | 'TIMESTAMP' | 'TIMESTAMP_LTZ'; readonly precision: number }
  | { readonly type: 'ARRAY'; readonly element: TypeDefinition }
  | { readonly type: 'MAP'; readonly key: TypeDefinition; readonly value: TypeDefinition }
  | { readonly type: 'ROW'; readonly fields: readonly FieldDefinition[] }
) & { readonly nullable: boolean };

/** A named part of a ROW. */
export interface FieldDefinition {
  readonly name: string;
  readonly type: TypeDefinition;
}

/** Whether keys can be made of values of this type: FLOAT and DOUBLE have no exact equality, ARRAY, MAP and ROW no order. */
export function mayBeKey({ type }: TypeDefinition): boolean {
  return !['FLOAT', 'DOUBLE', 'ARRAY', 'MAP', 'ROW'].includes(type);
}

/** Whether values of this type are read as objects of Temporal, or have such parts. */
export function needsTemporal(definition: TypeDefinition): boolean {
  switch (definition.type) {
    case 'DATE':
    case 'TIME':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return true;
    case 'ARRAY':
      return needsTemporal(definition.element);
    case 'MAP':
      return needsTemporal(definition.key) || needsTemporal(definition.value);
    case 'ROW':
      return definition.fields.some(({ type }) => needsTemporal(type));
    default:
      return false;
  }
}
