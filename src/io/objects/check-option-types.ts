import { checkOptions } from '../../check-options.ts';
import { invalidArgument } from '../../errors.ts';

/** The options of a registration, with the types of their values; undefined if they are checked otherwise. */
export type OptionTypes<T extends object> = Readonly<Record<keyof T, OptionType | undefined>>;

type OptionType = 'string' | 'number' | 'boolean' | 'function' | 'object';

/**
 * Refuses options that do not exist, or are of another type. No message shows a value: it may be secret.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` naming the option.
 */
export function checkOptionTypes<T extends object>(options: T, types: OptionTypes<T>): void {
  checkOptions(options, Object.keys(types));
  for (const [name, value] of Object.entries(options) as [string & keyof T, unknown][]) {
    const type = types[name];
    if (value === undefined || type === undefined) continue;
    if (typeof value !== type || value === null)
      throw invalidArgument(name, `${name} must be of the type ${type}`);
  }
}

/** Refuses a size that is not a whole number within limits. @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkSize(name: string, size: number, minBytes: number, maxBytes: number): void {
  if (Number.isInteger(size) && size >= minBytes && size <= maxBytes) return;
  throw invalidArgument(name, `${name} must be a whole number of bytes from ${minBytes} to ${maxBytes}`);
}
