import { mayBeKey, type TypeDefinition } from '../schema/type-definition.ts';
import { bareType } from '../schema/type-text.ts';
import type { KeyKind, Kind } from './kind.ts';
import { ArrayKind, MapKind, type Part, RowKind } from './nested-kinds.ts';
import {
  BigIntKind,
  BooleanKind,
  BytesKind,
  DecimalKind,
  DoubleKind,
  FloatKind,
  IntegerKind,
  TextKind,
} from './scalar-kinds.ts';
import {
  type ColumnTemporal,
  DateKind,
  TimeKind,
  TimestampKind,
  TimestampLtzKind,
} from './temporal-kinds.ts';

/** Returns the kind of a type. `temporal` is there if the type needs it. */
export function kindOf(definition: TypeDefinition, temporal: ColumnTemporal | undefined): Kind {
  switch (definition.type) {
    case 'BOOLEAN':
      return new BooleanKind();
    case 'TINYINT':
      return new IntegerKind('TINYINT', 8);
    case 'SMALLINT':
      return new IntegerKind('SMALLINT', 16);
    case 'INT':
      return new IntegerKind('INT', 32);
    case 'BIGINT':
      return new BigIntKind();
    case 'FLOAT':
      return new FloatKind();
    case 'DOUBLE':
      return new DoubleKind();
    case 'STRING':
      return new TextKind('STRING', Number.POSITIVE_INFINITY);
    case 'CHAR':
      return new TextKind(bareType(definition), definition.length);
    case 'BYTES':
      return new BytesKind('BYTES', undefined);
    case 'BINARY':
      return new BytesKind(bareType(definition), definition.length);
    case 'DECIMAL':
      return new DecimalKind(definition.precision, definition.scale);
    case 'DATE':
      return new DateKind(temporal as ColumnTemporal);
    case 'TIME':
      return new TimeKind(definition.precision, temporal as ColumnTemporal);
    case 'TIMESTAMP':
      return new TimestampKind(definition.precision, temporal as ColumnTemporal);
    case 'TIMESTAMP_LTZ':
      return new TimestampLtzKind(definition.precision, temporal as ColumnTemporal);
    case 'ARRAY':
      return new ArrayKind(bareType(definition), partOf(definition.element, temporal));
    case 'MAP':
      return new MapKind(
        bareType(definition),
        partOf(definition.key, temporal),
        partOf(definition.value, temporal),
      );
    case 'ROW':
      return new RowKind(
        bareType(definition),
        definition.fields.map(({ name, type }) => ({ name, ...partOf(type, temporal) })),
      );
  }
}

/** Returns the kind of a type of which keys can be made. */
export function keyKindOf(definition: TypeDefinition, temporal: ColumnTemporal | undefined): KeyKind {
  if (!mayBeKey(definition)) throw new TypeError(`no key can be made of ${definition.type}`);
  return kindOf(definition, temporal) as KeyKind;
}

function partOf(definition: TypeDefinition, temporal: ColumnTemporal | undefined): Part {
  return { kind: kindOf(definition, temporal), nullable: definition.nullable };
}
