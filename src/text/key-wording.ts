/**
 * How keys are written on a command line and in a URL, and printed.
 *
 * - `text`: as they are
 * - `hex`: two digits a byte, `0x` in front or not
 * - `json`: a JSON string, a JSON array for a tuple, `{"$bytes":"…"}` for bytes
 * - `ip`: an IPv4 or IPv6 address for its 4 or 16 bytes; in a store with 16-byte keys, IPv4 as `::ffff:a.b.c.d`
 * - `auto`: text for text, digits for numbers, JSON for tuples; for bytes what the store's metadata has as `keyFormat`, else hex (`0x…`),
 *   where an argument that is no hex stands for the bytes of its text
 */
export const KEY_WORDINGS = ['auto', 'text', 'hex', 'json', 'ip'] as const;

/** One of {@link KEY_WORDINGS}. */
export type KeyWording = (typeof KEY_WORDINGS)[number];
