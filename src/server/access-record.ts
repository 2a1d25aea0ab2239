/** One request that was answered: a line of an access log. */
export interface AccessRecord {
  /** When the answer was ready, in ISO 8601. */
  readonly time: string;
  readonly method: string;
  /** The path and the query, as they were sent. */
  readonly url: string;
  readonly status: number;
  /** From the headers to the answer, in milliseconds; the body may still be sent then. */
  readonly durationMs: number;
}
