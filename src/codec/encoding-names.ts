/** The built-in key encodings. */
export const KEY_ENCODINGS = ['utf8', 'binary', 'tuple', 'number', 'bigint', 'uuid'] as const;

/** The built-in value encodings. */
export const VALUE_ENCODINGS = ['msgpack', 'binary', 'utf8', 'json', 'typed'] as const;

/** One of {@link KEY_ENCODINGS}. */
export type KeyEncodingName = (typeof KEY_ENCODINGS)[number];

/** One of {@link VALUE_ENCODINGS}. */
export type ValueEncodingName = (typeof VALUE_ENCODINGS)[number];

/** Whether a user-defined codec may have that name: it is well-formed and not built in. */
export function isCustomName(name: unknown): name is string {
  if (typeof name !== 'string' || !/^[A-Za-z0-9._-]{1,64}$/.test(name)) return false;
  return !isKeyEncodingName(name) && !isValueEncodingName(name);
}

/** Whether `name` is a built-in key encoding, which needs no codec from the user. */
export function isKeyEncodingName(name: unknown): name is KeyEncodingName {
  return (KEY_ENCODINGS as readonly unknown[]).includes(name);
}

/** Returns the encodings by which entries become text where only built-in codecs are known: others' are bytes. */
export function builtInEncodings({
  keyEncoding,
  valueEncoding,
}: {
  readonly keyEncoding: string;
  readonly valueEncoding: string;
}): { readonly keyEncoding: KeyEncodingName; readonly valueEncoding: ValueEncodingName } {
  return {
    keyEncoding: isKeyEncodingName(keyEncoding) ? keyEncoding : 'binary',
    valueEncoding: isValueEncodingName(valueEncoding) ? valueEncoding : 'binary',
  };
}

/** Whether keys of an encoding are bytes where only built-in codecs are known: then those of custom ones are, too. */
export function isBytesEncoding(keyEncoding: string): boolean {
  return keyEncoding === 'binary' || !isKeyEncodingName(keyEncoding);
}

/** Whether `name` is a built-in value encoding, which needs no codec from the user. */
export function isValueEncodingName(name: unknown): name is ValueEncodingName {
  return (VALUE_ENCODINGS as readonly unknown[]).includes(name);
}
