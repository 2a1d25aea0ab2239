const KIB = 1024;
const MIB = 1024 * KIB;

/** How much is asked for at once, how often, and how long an answer may take. */
export interface HttpLimits {
  /** Bytes that opening a file of unknown size asks for; they are kept. */
  readonly prefixBytes: number;
  /** Bytes between two ranges that are read along rather than asked around. */
  readonly mostGap: number;
  /** The most bytes that are asked for in one request. */
  readonly mostRequest: number;
  /** Requests of one reader that are waited for at the same time. */
  readonly inFlight: number;
  /** A server that ignores ranges may send files of up to so many bytes whole. */
  readonly wholeBytes: number;
  /** How often a request is repeated after failures that may pass. */
  readonly retries: number;
  /** A stream has all its retries again after each so many bytes. */
  readonly renewalBytes: number;
  /** The longest first pause before a retry, in milliseconds; it doubles with each. */
  readonly backoffMs: number;
  readonly mostBackoffMs: number;
  /** How long a read may take with all its retries, in milliseconds … */
  readonly deadlineMs: number;
  /** … and how much longer for each byte: large reads over slow lines are no failures. */
  readonly deadlineMsPerByte: number;
  /** How long nothing may arrive, in milliseconds. */
  readonly stallMs: number;
  /** After this time without a read, in milliseconds, a stream gives its connection back. */
  readonly idleMs: number;
}

/**
 * A gap of 32 KiB takes as long as a tenth of a round trip of 25 ms on a line of 100 Mbit/s: asking around it would
 * cost more. Six requests are what browsers allow themselves with one host.
 */
export const HTTP_LIMITS: HttpLimits = {
  prefixBytes: 64 * KIB,
  mostGap: 32 * KIB,
  mostRequest: 8 * MIB,
  inFlight: 6,
  wholeBytes: MIB,
  retries: 3,
  renewalBytes: MIB,
  backoffMs: 200,
  mostBackoffMs: 5_000,
  deadlineMs: 30_000,
  deadlineMsPerByte: 1 / 64,
  stallMs: 10_000,
  idleMs: 5_000,
};
