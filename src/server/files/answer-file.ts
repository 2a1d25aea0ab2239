import type { Answer } from '../answer.ts';
import { Refusal } from '../refusal.ts';
import { rangeOf } from './byte-range.ts';
import type { ServedFile } from './file-tree.ts';

/** A range of at most this many bytes is read at once; a longer one is read as fast as the client takes it. */
const PIECE_BYTES = 256 * 1024;

/**
 * Answers a request for a file: all of it or one range, and 304, 412 and 416. Takes over the file: it is closed when the
 * body has been sent, or the client has left.
 */
export async function answerFile(
  request: Request,
  file: ServedFile,
  given: Readonly<Record<string, string>>,
): Promise<Answer> {
  let kept = false;
  try {
    const { etag, bytes, modifiedMs } = file;
    const modified = modifiedMs === undefined ? undefined : new Date(modifiedMs).toUTCString();
    const headers: Record<string, string> = { ...given, etag, 'accept-ranges': 'bytes' };
    if (modified !== undefined) headers['last-modified'] = modified;
    if (isOther(request.headers, etag)) {
      throw new Refusal(412, {
        code: 'CONFLICT',
        reason: 'Precondition failed',
        message: 'the file is another one by now',
      });
    }
    if (isKnown(request.headers, etag, modifiedMs)) return { status: 304, headers, body: null };
    const isHead = request.method === 'HEAD';
    const asked =
      !isHead && isFresh(request.headers.get('if-range'), etag, modified)
        ? rangeOf(request.headers.get('range'), bytes)
        : 'all';
    if (asked === 'none') {
      throw new Refusal(
        416,
        {
          code: 'INVALID_ARGUMENT',
          reason: 'Range not satisfiable',
          message: `the file has ${bytes} bytes`,
        },
        { 'content-range': `bytes */${bytes}` },
      );
    }
    const { start, end } = asked === 'all' ? { start: 0, end: bytes } : asked;
    headers['content-length'] = `${end - start}`;
    if (asked !== 'all') headers['content-range'] = `bytes ${start}-${end - 1}/${bytes}`;
    const status = asked === 'all' ? 200 : 206;
    if (isHead) return { status, headers, body: null };
    if (end - start <= PIECE_BYTES) {
      const piece = new Uint8Array(end - start);
      await file.read(start, piece);
      return { status, headers, body: piece };
    }
    kept = true;
    return { status, headers, body: piecesOf(file, start, end), release: () => file.close() };
  } finally {
    if (!kept) await file.close();
  }
}

async function* piecesOf(file: ServedFile, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end; at += PIECE_BYTES) {
    const piece = new Uint8Array(Math.min(PIECE_BYTES, end - at));
    await file.read(at, piece);
    yield piece;
  }
}

/** `If-Match`: whether the client wants another file than this one. */
function isOther(headers: Headers, etag: string): boolean {
  const wanted = headers.get('if-match');
  return wanted !== null && !listed(wanted, etag);
}

/** `If-None-Match`, or else `If-Modified-Since`: whether the client has the file. */
function isKnown(headers: Headers, etag: string, modifiedMs: number | undefined): boolean {
  const known = headers.get('if-none-match');
  if (known !== null) return listed(known.replaceAll('W/', ''), etag);
  const since = Date.parse(headers.get('if-modified-since') ?? '');
  return modifiedMs !== undefined && Math.floor(modifiedMs / 1000) * 1000 <= since;
}

/** `If-Range`: whether the file is still the one of which the client has a part. */
function isFresh(condition: string | null, etag: string, modified: string | undefined): boolean {
  return condition === null || condition === etag || condition === modified;
}

function listed(header: string, etag: string): boolean {
  return header.split(',').some((one) => one.trim() === '*' || one.trim() === etag);
}
