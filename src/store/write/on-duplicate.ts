import { asText, invalidArgument } from '../../errors.ts';

/** Which of equal keys' entries stays: none of them (an error), the first that came, or the last one. */
export type OnDuplicate = 'error' | 'first' | 'last';

const RULES: readonly OnDuplicate[] = ['error', 'first', 'last'];

/** @throws {CairnError} `INVALID_ARGUMENT` when the option's value is no such rule. */
export function checkOnDuplicate(rule: OnDuplicate): OnDuplicate {
  if (RULES.includes(rule)) return rule;
  throw invalidArgument('onDuplicate', `onDuplicate must be 'error', 'first' or 'last', not ${asText(rule)}`);
}
