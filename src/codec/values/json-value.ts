import type { ExactRules } from '../lossless.ts';

/** A value that JSON keeps exactly. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** What JSON keeps. */
export const JSON_RULES: ExactRules = {
  format: 'JSON',
  nonFinite: false,
  negativeZero: false,
  bigints: false,
  dates: false,
  bytes: false,
  // JSON.stringify writes them as \ud800 … \udfff, and JSON.parse reads these back.
  illFormedText: true,
  callsToJSON: true,
};
