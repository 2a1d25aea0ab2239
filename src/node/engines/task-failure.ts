import { CairnError, type CairnErrorCode, isCairnError, reasonOf } from '../../errors.ts';

/** What a task prints, as a line of JSON, when it has failed. */
export interface FailureEvent {
  readonly event: 'failure';
  /** Absent for an error that is not the library's. */
  readonly code?: CairnErrorCode;
  readonly message: string;
  readonly argument?: string;
}

/** Describes an error for another process. */
export function failureEvent(error: unknown): FailureEvent {
  const message = reasonOf(error);
  if (!isCairnError(error)) return { event: 'failure', message };
  const { code, argument } = error;
  return { event: 'failure', code, message, ...(argument === undefined ? {} : { argument }) };
}

/** The error that another process has described. */
export function failureOf({ code, message, argument }: FailureEvent): Error {
  return code === undefined ? new Error(message) : new CairnError(code, message, { argument });
}

/** An error in one line for people, which {@link failureInWords} understands. */
export function failureWords(error: unknown): string {
  const { code, message } = failureEvent(error);
  return code === undefined ? message : `${code}: ${message}`;
}

/** The error of {@link failureWords}. */
export function failureInWords(text: string): Error {
  const [, code, message] = /^([A-Z_]+): (.*)$/s.exec(text) ?? [];
  return code === undefined
    ? new Error(text)
    : failureOf({ event: 'failure', code: code as CairnErrorCode, message });
}

/** The last failure in the output of a task; undefined if there is none, because it was killed, say. */
export function failureIn(output: string): Error | undefined {
  for (const line of output.split('\n').reverse()) {
    if (!line.startsWith('{"event":"failure"')) continue;
    try {
      return failureOf(JSON.parse(line) as FailureEvent);
    } catch {
      // Cut off: the process was killed while it wrote.
    }
  }
  return undefined;
}
