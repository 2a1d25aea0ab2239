import { invalidArgument } from '../../errors.ts';

/** @throws {CairnError} `INVALID_ARGUMENT` unless the option `replace` is true, false or absent. */
export function checkReplace(replace: boolean | undefined): void {
  if (replace !== undefined && typeof replace !== 'boolean')
    throw invalidArgument('replace', 'replace must be true or false');
}
