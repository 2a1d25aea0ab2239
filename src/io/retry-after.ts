/**
 * Returns the milliseconds that a `Retry-After` header asks to wait for (RFC 9110, 10.2.3: seconds, or a
 * date); undefined if there is none, or if it cannot be understood.
 */
export function retryAfter(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // Only what begins with a weekday: `Date.parse` would take other numbers for years.
  const date = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
