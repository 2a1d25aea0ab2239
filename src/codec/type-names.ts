/** Whether it is a `Uint8Array`, of whatever realm or subclass (`Buffer`); no other typed array is. */
export function isBytes(value: unknown): value is Uint8Array {
  if (value instanceof Uint8Array) return true;
  // Another realm's class (a frame, a vm context) answers to its tag only.
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]';
}

/** Whether it is a `Date` itself, not of a subclass, valid or not. */
export function isDate(value: object): value is Date {
  return value instanceof Date && Object.getPrototypeOf(value) === Date.prototype;
}

/** What a value is, in a few words for an error message, such as `the number 42` or `a Map`. */
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
    // A proxy may throw at anything; the message can do without the name.
  }
  if (typeof name !== 'string' || name === '' || name === 'Object') return 'an object';
  return `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`;
}
