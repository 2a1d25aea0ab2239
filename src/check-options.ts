import { invalidArgument } from './errors.ts';

/**
 * Checks that options are an object, that every name in it is `known` (any other is most likely a
 * misspelling), and that `signal` is an AbortSignal and `onProgress` a function if they are present.
 *
 * Returns the object's own members, in an object without a prototype: what a program has put into `Object.prototype` is no
 * option of a call.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` naming the option.
 */
export function checkOptions<T extends object>(options: T, known: readonly string[]): T {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalidArgument('options', 'options must be an object');
  }
  const own = Object.create(null) as Record<string, unknown>;
  for (const name of Object.keys(options)) {
    if (!known.includes(name))
      throw invalidArgument(
        name,
        `there is no option ${JSON.stringify(name)}; there are ${known.join(', ')}`,
      );
    own[name] = options[name as keyof T];
  }
  const { signal, onProgress } = own;
  if (signal !== undefined && !isSignal(signal)) {
    throw invalidArgument('signal', 'signal must be an AbortSignal');
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw invalidArgument('onProgress', 'onProgress must be a function');
  }
  return own as T;
}

/** @throws {CairnError} `INVALID_ARGUMENT` unless the option is true, false or absent. */
export function checkFlag(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean')
    throw invalidArgument(name, `${name} must be true or false`);
}

/** Whether a value is a signal: also of another realm or of a polyfill, hence no `instanceof`. */
export function isSignal(value: unknown): value is AbortSignal {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Partial<AbortSignal>).aborted === 'boolean' &&
    typeof (value as Partial<AbortSignal>).throwIfAborted === 'function' &&
    typeof (value as Partial<AbortSignal>).addEventListener === 'function'
  );
}
