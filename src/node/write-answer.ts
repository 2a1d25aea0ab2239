import type { ServerResponse } from 'node:http';
import type { Answer } from '../server/answer.ts';

/** Writes an answer as fast as the client takes it. Resolves when it is written, or when the client has left. */
export async function writeAnswer(
  { status, headers, body, release }: Answer,
  response: ServerResponse,
): Promise<void> {
  if (body === null || typeof body === 'string' || body instanceof Uint8Array) {
    const length =
      body === null ? lengthOfNone(status, headers) : { 'content-length': Buffer.byteLength(body) };
    response.writeHead(status, { ...headers, ...length });
    if (body === null || response.req.method === 'HEAD') response.end();
    else response.end(body);
    return;
  }
  response.writeHead(status, headers);
  try {
    for await (const chunk of body) {
      if (response.destroyed) return;
      if (!response.write(chunk)) await drained(response);
      if (response.destroyed) return;
    }
    response.end();
  } catch {
    // The headers are out: only a connection that breaks says that this is not all.
    response.destroy();
  } finally {
    await release?.();
  }
}

function lengthOfNone(status: number, headers: Answer['headers']): { readonly 'content-length'?: number } {
  return status === 204 || status === 304 || 'content-length' in headers ? {} : { 'content-length': 0 };
}

async function drained(response: ServerResponse): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
    if (response.destroyed) done();
  });
}
