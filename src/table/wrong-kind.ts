import { CairnError } from '../errors.ts';

/** The error for a call that the other kind of table has. */
export function wrongKind(table: string, call: string, instead: string): CairnError {
  const isLogCall = ['append', 'records', 'latestOffset', 'earliestOffset', 'offsetAt'].includes(call);
  return new CairnError(
    'UNSUPPORTED',
    `${call}() is for ${isLogCall ? 'logs, and' : 'tables with a primary key, and'} ${table} ` +
      `${isLogCall ? 'has a primary key' : 'is a log'}: use ${instead}`,
  );
}
