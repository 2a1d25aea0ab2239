/**
 * Milliseconds that a `Retry-After` header asks one to wait (RFC 9110, 10.2.3: seconds, or a date); undefined when there
 * is none, or it means nothing.
 */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // Dates only: other numbers would be read as years.
  const date = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
