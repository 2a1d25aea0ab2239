/** The names of the encodings of keys that are built in: the one list of them. */
export const KEY_ENCODINGS = ['utf8', 'binary', 'tuple', 'number', 'bigint', 'uuid'] as const;

/** The names of the encodings of values that are built in: the one list of them. */
export const VALUE_ENCODINGS = ['msgpack', 'binary', 'utf8', 'json', 'typed'] as const;

/** One of {@link KEY_ENCODINGS}. */
export type KeyEncodingName = (typeof KEY_ENCODINGS)[number];

/** One of {@link VALUE_ENCODINGS}. */
export type ValueEncodingName = (typeof VALUE_ENCODINGS)[number];

/** Whether a codec of the user's own may have that name: no built-in one has it. */
export function isCustomName(name: unknown): name is string {
  if (typeof name !== 'string' || !/^[A-Za-z0-9._-]{1,64}$/.test(name)) return false;
  return !isKeyEncodingName(name) && !isValueEncodingName(name);
}

/** Whether a store's keys of that encoding need no codec of its writer. */
export function isKeyEncodingName(name: unknown): name is KeyEncodingName {
  return (KEY_ENCODINGS as readonly unknown[]).includes(name);
}

/** Whether a store's values of that encoding need no codec of its writer. */
export function isValueEncodingName(name: unknown): name is ValueEncodingName {
  return (VALUE_ENCODINGS as readonly unknown[]).includes(name);
}
