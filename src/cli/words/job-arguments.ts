import { invalidArgument } from '../../errors.ts';

/** The arguments of a job, each written as `name=value`. @throws {CairnError} `INVALID_ARGUMENT`. */
export function jobArguments(list: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    list.map((text) => {
      const at = text.indexOf('=');
      if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
      throw invalidArgument('arg', `write name=value, not ${text}`);
    }),
  );
}
