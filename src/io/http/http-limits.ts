import type { RetryLimits } from '../retry-policy.ts';
import type { PlanLimits } from './read-plan.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** How much is requested at once, how often, and how long it may take. */
export interface HttpLimits extends PlanLimits, RetryLimits {
  /** Bytes that opening a file of unknown size requests; they are kept. */
  readonly prefixBytes: number;
  /** Requests of one reader that are sent at the same time. */
  readonly maxInFlight: number;
  /** The largest file, in bytes, that a server which ignores ranges may send whole. */
  readonly wholeBytes: number;
  /** A stream forgets its failed attempts after each this many bytes. */
  readonly renewalBytes: number;
  /** How long a read may take with all its retries, in milliseconds … */
  readonly deadlineMs: number;
  /** … and how much longer for each byte: a large read over a slow line is no failure. */
  readonly deadlineMsPerByte: number;
  /** The longest time in which nothing arrives, in milliseconds. */
  readonly stallMs: number;
  /** After this time without a read, in milliseconds, a stream closes its connection. */
  readonly idleMs: number;
}

/**
 * A gap of 32 KiB takes as long as a tenth of a round trip of 25 ms on a line of 100 Mbit/s: a second request
 * would cost more. Sixteen requests hide the round trips of a hundred look-ups behind seven. Browsers delay
 * those beyond the six connections that they open to one host, unless it speaks HTTP/2.
 */
export const HTTP_LIMITS: HttpLimits = {
  prefixBytes: 64 * KIB,
  maxGapBytes: 32 * KIB,
  maxRequestBytes: 8 * MIB,
  maxInFlight: 16,
  wholeBytes: MIB,
  maxAttempts: 4,
  renewalBytes: MIB,
  backoffMs: 200,
  maxBackoffMs: 5_000,
  maxRetryAfterMs: Number.POSITIVE_INFINITY,
  deadlineMs: 30_000,
  deadlineMsPerByte: 1 / 64,
  stallMs: 10_000,
  idleMs: 5_000,
};
