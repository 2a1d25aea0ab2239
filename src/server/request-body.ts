import type { z } from 'zod';
import { concatenate } from '../text/line-blocks.ts';
import { Refusal, unprocessable } from './refusal.ts';
import { checked } from './route.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** How much of a body is received. */
export interface BodyLimits {
  readonly bodyBytes: number;
  readonly bodyTimeoutMs: number;
}

/**
 * Returns the body of a request as a value that meets a schema.
 *
 * @param example what a client may write, for messages.
 * @throws {Refusal} as {@link textBody}; 422.
 */
export async function jsonBody<Schema extends z.ZodType>(
  request: Request,
  limits: BodyLimits,
  schema: Schema,
  example: string,
): Promise<z.output<Schema>> {
  const text = await textBody(request, limits);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unprocessable(`the body is not JSON: write ${example}`);
  }
  return checked(schema, value);
}

/**
 * Returns the body of a request as text.
 *
 * @throws {Refusal} 413 for one of more bytes, as soon as they are announced or received; 408 for one that does not end in
 *   time; 415 for one that is compressed; 422 for one that is not UTF-8.
 */
export async function textBody(
  request: Request,
  { bodyBytes: maxBytes, bodyTimeoutMs: timeoutMs }: BodyLimits,
): Promise<string> {
  const { headers, body } = request;
  const encoding = headers.get('content-encoding');
  if (encoding !== null && encoding.toLowerCase() !== 'identity') {
    throw new Refusal(415, {
      code: 'UNSUPPORTED',
      reason: 'Unsupported media type',
      message: `send the body as it is, not compressed (${encoding.slice(0, 40)})`,
    });
  }
  if (Number(headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes);
  if (body === null) return '';
  const bytes = await within(timeoutMs, readAll(body, maxBytes));
  try {
    return decoder.decode(bytes);
  } catch {
    throw unprocessable('the body is not UTF-8');
  }
}

async function readAll(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > maxBytes) {
      reader.cancel().catch(() => undefined);
      throw tooLarge(maxBytes);
    }
    chunks.push(value);
  }
  return chunks.length === 1 ? chunks[0] : concatenate(chunks, length);
}

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `the body did not end within ${timeoutMs} ms`;
      reject(
        new Refusal(408, { code: 'TIMEOUT', reason: 'Request timeout', message }, { connection: 'close' }),
      );
    }, timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function tooLarge(maxBytes: number): Refusal {
  return new Refusal(
    413,
    {
      code: 'TOO_LARGE',
      reason: 'Too large',
      message: `a body may have at most ${maxBytes} bytes`,
    },
    { connection: 'close' },
  );
}
