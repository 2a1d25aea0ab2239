import type { Temporal } from 'temporal-spec';
import type { JsonValue } from '../codec/values/json-value.ts';
import { invalidArgument } from '../errors.ts';

/** The types that a value can have, as Kestra names them. */
export const KV_TYPES = ['STRING', 'NUMBER', 'BOOLEAN', 'DATETIME', 'DATE', 'DURATION', 'JSON'] as const;

/** The type of a value. It is stored with the value, and never inferred when it is read. */
export type KvType = (typeof KV_TYPES)[number];

/**
 * A value as programs have it: a string; a number, or a bigint for an integer that a number does not keep;
 * a boolean; an instant, a date or a duration of Temporal; or what JSON text stands for.
 */
export type KvValue =
  | string
  | number
  | bigint
  | boolean
  | Temporal.Instant
  | Temporal.PlainDate
  | Temporal.Duration
  | JsonValue;

/** A value as it is stored: its type, and its text as it was written. */
export interface KvText {
  readonly type: KvType;
  /**
   * Of a STRING the string itself, of everything else what one writes without quotes: `1.0`, `true`,
   * `PT15M`, JSON.
   */
  readonly text: string;
}

/** @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkKvType(type: unknown): KvType {
  if ((KV_TYPES as readonly unknown[]).includes(type)) return type as KvType;
  throw invalidArgument('type', `type must be one of ${KV_TYPES.join(', ')}, not ${JSON.stringify(type)}`);
}
