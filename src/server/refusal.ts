/** What a request is refused with: a status, a word for programs, and a sentence for people. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  /** The words before the sentence, as Kestra has them. */
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    { code, reason, message }: { readonly code: string; readonly reason: string; readonly message: string },
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.reason = reason;
    this.headers = headers;
  }
}

/** Returns the refusal of what does not exist. */
export function notFound(message: string): Refusal {
  return new Refusal(404, { code: 'NOT_FOUND', reason: 'Not Found', message });
}

/** Returns the refusal of a request that is wrong in itself. */
export function unprocessable(message: string): Refusal {
  return new Refusal(422, { code: 'INVALID_ARGUMENT', reason: 'Illegal argument', message });
}

/** Returns the refusal of what may be asked again in a moment. */
export function busy(message: string): Refusal {
  return new Refusal(503, { code: 'BUSY', reason: 'Unavailable', message }, { 'retry-after': '1' });
}
