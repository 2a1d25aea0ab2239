import type { Assignment } from '../batch/assignment.ts';
import { detailsOf } from '../batch/job-error.ts';
import { CairnError, type CairnErrorDetails, isCairnError } from '../errors.ts';
import type { StoreHandle } from '../store/read/store-sharing.ts';

/** What a thread of a job is started with. */
export interface JobThreadData {
  /** The URL of the job's module. */
  readonly module: string;
  /** Stores that the other thread has opened. */
  readonly stores: ReadonlyMap<string, StoreHandle>;
  /** Schemes to be registered by the variables of the environment. */
  readonly schemes: readonly string[];
}

/** What a thread is told. */
export type JobOrder =
  | { readonly kind: 'run'; readonly assignment: Assignment }
  /** To give up the attempt that it makes. */
  | { readonly kind: 'abort'; readonly reason: SentError };

/** What a thread says. */
export type JobAnswer =
  | { readonly kind: 'entries'; readonly count: number }
  /** The attempt has ended, well or by an error. */
  | { readonly kind: 'ended'; readonly error: SentError | undefined };

/** An error as it is sent between threads, which would keep neither its class nor its code. */
export interface SentError {
  readonly name: string;
  readonly code: string | undefined;
  readonly isOfCairn: boolean;
  readonly message: string;
  readonly stack: string | undefined;
  readonly details: object;
  readonly cause: SentError | undefined;
}

/** Causes of causes that are sent. */
const MAX_CAUSES = 8;

/** Describes an error for another thread. */
export function sendError(thrown: unknown, depth = 0): SentError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { name, message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  return {
    name,
    code: typeof code === 'string' ? code : undefined,
    isOfCairn: isCairnError(error),
    message,
    stack,
    details: isCairnError(error) ? detailsOf(error) : {},
    cause: cause === undefined || depth === MAX_CAUSES ? undefined : sendError(cause, depth + 1),
  };
}

/** Returns the error that another thread has described, with the stack that it had there. */
export function receiveError({
  name,
  code,
  isOfCairn,
  message,
  stack,
  details,
  cause: sent,
}: SentError): Error {
  const cause = sent && receiveError(sent);
  const error = isOfCairn
    ? new CairnError(code as CairnError['code'], message, { ...(details as CairnErrorDetails), cause })
    : Object.assign(new Error(message, cause && { cause }), code === undefined ? { name } : { name, code });
  if (stack !== undefined) error.stack = stack;
  return error;
}
