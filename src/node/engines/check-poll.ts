import { asText, invalidArgument } from '../../errors.ts';

/** @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkPoll(pollMs: unknown): void {
  if (pollMs === undefined || (typeof pollMs === 'number' && pollMs >= 0 && pollMs < 2 ** 31)) return;
  throw invalidArgument('pollMs', `pollMs must be a number of milliseconds, not ${asText(pollMs)}`);
}
