/** Whether `value` is a `Uint8Array` of any realm or subclass (`Buffer`), and no other typed array. */
export function isBytes(value: unknown): value is Uint8Array {
  if (value instanceof Uint8Array) return true;
  // The classes of another realm (a frame, a vm context) can only be recognized by their tag.
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]';
}

/** Whether `value` is a `Date`, valid or not, and not of a subclass. */
export function isDate(value: object): value is Date {
  return value instanceof Date && Object.getPrototypeOf(value) === Date.prototype;
}

/** Describes a value in a few words for an error message, such as `the number 42` or `a Map`. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  switch (typeof value) {
    case 'string':
      return `the string ${JSON.stringify(value.length > 24 ? `${value.slice(0, 24)}…` : value)}`;
    case 'number':
      return `the number ${Object.is(value, -0) ? '-0' : value}`;
    case 'bigint':
      return 'a bigint';
    case 'object':
      return describeObject(value);
    default:
      return `a ${typeof value}`;
  }
}

function describeObject(value: object): string {
  if (Array.isArray(value)) return 'an array';
  let prototype: { constructor?: { name?: unknown } } | null;
  let name: unknown;
  try {
    prototype = Object.getPrototypeOf(value);
    name = prototype?.constructor?.name;
  } catch {
    // A proxy may throw on any access; the message then goes without the class name.
  }
  if (typeof name !== 'string' || name === '' || name === 'Object') return 'an object';
  return `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`;
}
