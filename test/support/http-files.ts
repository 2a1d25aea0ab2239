import { HttpClient } from '../../src/io/http/http-client.ts';
import { HttpFile } from '../../src/io/http/http-file.ts';
import { HTTP_LIMITS, type HttpLimits } from '../../src/io/http/http-limits.ts';
import { HttpSource } from '../../src/io/http/http-source.ts';
import { NETWORK_HOST, type NetworkHost } from '../../src/io/network-host.ts';
import type { AccessOptions, KnownFile } from '../../src/io/storage.ts';

/** Bytes that tell their places: no two stretches of more than a few bytes are equal. */
export function patterned(length: number, seed = 0): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8) * 17 + (i >> 16) * 7 + seed) & 0xff;
  return bytes;
}

/** How a test wants to read. */
export interface Reading extends AccessOptions {
  readonly limits?: Partial<HttpLimits>;
  readonly host?: NetworkHost;
}

/** Limits under which retries do not wait. */
export const AT_ONCE: Partial<HttpLimits> = { backoffMs: 0 };

export function clientFor({ limits, host = NETWORK_HOST, ...options }: Reading = {}): HttpClient {
  return new HttpClient(options, host, { ...HTTP_LIMITS, ...AT_ONCE, ...limits });
}

/** Opens a URL; with a request unless its size is given. */
export function openUrl(url: string, known?: KnownFile, reading: Reading = {}): Promise<HttpSource> {
  return HttpSource.open(clientFor(reading), new HttpFile(url, { url, headers: {} }), known);
}

/** Reads a stretch into new memory. */
export async function readRange(
  source: HttpSource,
  offset: number,
  length: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const target = new Uint8Array(length);
  await source.read(offset, target, signal);
  return target;
}
