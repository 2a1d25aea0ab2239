import { corruption } from '../../bytes/corruption.ts';
import { CairnError, type CairnErrorDetails } from '../../errors.ts';
import { retryAfter } from '../retry-after.ts';
import type { HttpFile } from './http-file.ts';

/** A requested range: from `offset` to `end`, exclusive, or to the end of a file of unknown size. */
export interface Asked {
  readonly offset: number;
  readonly end: number;
}

/** An answer with a correct head, and what its body contains. */
export interface Accepted {
  /** Where in the file the body begins. */
  readonly start: number;
  /** Where it ends; undefined if only the body itself shows it. */
  readonly end: number | undefined;
  /** The size of the file in bytes; undefined if only the body shows it. */
  readonly total: number | undefined;
}

/** An answer that cannot be used. */
export interface Refused {
  readonly error: CairnError;
  /**
   * Whether the answer contradicts the request, or what is known about the file. A cache on the way may have
   * caused that: a request that bypasses caches may help.
   */
  readonly suspect: boolean;
  /** The pause that the server asked for, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

const NO_RANGES =
  'the server ignores Range requests and would send all of the file. Serve it by one that supports them';

const ADVICE: Readonly<Record<number, string>> = {
  401: 'Credentials are missing or wrong: put them into the URL, or give openStore a `fetch` that sends them',
  403:
    'Check the permissions, and whether a signed URL has expired; some servers (S3 without the right to list) answer ' +
    'so for a file that is missing, too',
};

/** Statuses after which the same request may succeed, besides those from 500. */
const PASSING = new Set([408, 425, 429]);

/**
 * Decides whether the body of an answer can be the requested bytes. Servers, proxies and caches get this
 * wrong in many ways: an answer is refused unless its head proves it right. `wholeLimit` is the longest body
 * that may be sent instead of a range.
 */
export function judge(
  response: Response,
  asked: Asked,
  file: HttpFile,
  wholeLimit: number,
  now: number,
): Accepted | Refused {
  const { status, headers } = response;
  if (status === 206 || status === 200) {
    const encoding = headers.get('content-encoding');
    if (encoding !== null && encoding.trim().toLowerCase() !== 'identity' && encoding.trim() !== '') {
      return refused(file, asked, `the answer is compressed (Content-Encoding: ${encoding})`, {
        advice: 'Switch compression off for these files on the server or proxy',
        suspect: true,
      });
    }
    return status === 206 ? judgePart(response, asked, file) : judgeWhole(response, asked, file, wholeLimit);
  }
  if (status === 416) return judgeUnsatisfied(response, asked, file);
  if (status === 404 || status === 410) {
    return {
      error: new CairnError('NOT_FOUND', `${file.name} does not exist (the server answered ${status})`, {
        uri: file.name,
      }),
      suspect: false,
    };
  }
  const passing = status >= 500 || PASSING.has(status);
  const retryAfterMs = passing ? retryAfter(headers.get('retry-after'), now) : undefined;
  const wish = retryAfterMs === undefined ? '' : ` and wants to be left alone for ${retryAfterMs / 1000} s`;
  const text = response.statusText === '' ? '' : ` ${response.statusText}`;
  return {
    ...refused(file, asked, `the server answered ${status}${text}${wish}`, {
      advice: ADVICE[status],
      transient: passing,
      // No request has a condition, or asks for anything else that these statuses answer: 204, 304, 412 …
      suspect: status < 400 || status === 412,
    }),
    retryAfterMs,
  };
}

function judgePart({ headers, type }: Response, asked: Asked, file: HttpFile): Accepted | Refused {
  const header = headers.get('content-range');
  const suspect = true;
  if (header === null) {
    const mime = headers.get('content-type') ?? '';
    if (/^multipart\//i.test(mime)) {
      return refused(file, asked, `the answer has several parts (${mime}) where one was asked for`, {
        suspect,
      });
    }
    return refused(file, asked, 'the answer does not say which part of the file it is (no Content-Range)', {
      advice:
        type === 'cors'
          ? 'Pages may see that header only if the server sends Access-Control-Expose-Headers: Content-Range, ETag'
          : undefined,
      suspect,
    });
  }
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/i.exec(header.trim());
  if (match === null) {
    return refused(
      file,
      asked,
      `the answer does not say clearly which part it is (Content-Range: ${header})`,
      {
        suspect,
      },
    );
  }
  const [start, last, total] = match.slice(1).map(Number);
  if (file.size !== undefined && total !== file.size) return replaced(file, asked, total, headers);
  const end = Math.min(asked.end, total);
  if (start !== asked.offset || last !== end - 1) {
    return refused(
      file,
      asked,
      `bytes ${asked.offset}-${end - 1} were asked for, the answer is another part (Content-Range: ${header})`,
      { suspect },
    );
  }
  const length = contentLength(headers);
  if (length !== undefined && length !== end - start) {
    return refused(file, asked, `the answer has ${length} bytes, its part of the file ${end - start}`, {
      suspect,
    });
  }
  return { start, end, total };
}

/**
 * The server ignored the range: a body that is not much longer is accepted, and the range is cut out of it.
 */
function judgeWhole(
  { headers }: Response,
  asked: Asked,
  file: HttpFile,
  wholeLimit: number,
): Accepted | Refused {
  const total = contentLength(headers) ?? file.size;
  if (file.size !== undefined && total !== file.size) return replaced(file, asked, total as number, headers);
  if (total !== undefined && total > wholeLimit) return { error: ignoresRanges(file, asked), suspect: false };
  if (total === undefined || asked.end - asked.offset < total) file.rangeless = true;
  return { start: 0, end: total, total };
}

function judgeUnsatisfied({ headers }: Response, asked: Asked, file: HttpFile): Accepted | Refused {
  const header = headers.get('content-range') ?? '';
  const match = /^bytes \*\/(\d{1,15})$/i.exec(header.trim());
  const total = match === null ? undefined : Number(match[1]);
  // No range of an empty file can be satisfied: this is how an empty file answers.
  if (file.size === undefined && total === 0) return { start: 0, end: 0, total: 0 };
  if (total !== undefined && total > asked.offset && (file.size === undefined || total === file.size)) {
    return refused(
      file,
      asked,
      `the server has no such bytes, but says that there are ${total} (status 416)`,
      {
        suspect: true,
      },
    );
  }
  return replaced(file, asked, total, headers);
}

/** The file is not the one that the caller knows. */
function replaced(file: HttpFile, asked: Asked, total: number | undefined, headers: Headers): Refused {
  const mime = headers.get('content-type') ?? '';
  const page = /^text\/html\b/i.test(mime)
    ? '. The answer is a web page; is it an error page in disguise?'
    : '';
  return {
    error: corruption(
      { file: file.name, section: 'file', offset: asked.offset },
      `the server's file has another size than the one that was written${page}`,
      {
        expected: file.size === undefined ? `more than ${asked.offset} bytes` : `${file.size} bytes`,
        actual: total === undefined ? 'fewer (status 416)' : `${total}`,
      },
    ),
    suspect: true,
  };
}

interface Reason extends Pick<CairnErrorDetails, 'transient' | 'cause'> {
  readonly advice?: string | undefined;
}

function refused(
  file: HttpFile,
  asked: Asked,
  what: string,
  { suspect, ...reason }: Reason & { suspect: boolean },
): Refused {
  return { error: readError(file, asked, what, reason), suspect };
}

/** An `IO` error for a range that could not be read. */
export function readError(file: HttpFile, asked: Asked, what: string, reason: Reason = {}): CairnError {
  const { advice, transient = false, cause } = reason;
  return new CairnError(
    'IO',
    `reading ${asked.end - asked.offset} bytes at offset ${asked.offset} of ${file.name} failed: ${what}` +
      (advice === undefined ? '' : `. ${advice}`),
    { uri: file.name, operation: 'read', transient, cause },
  );
}

/** Notes that a server sends a range only with the whole file, which is too long, and returns the error for it. */
export function ignoresRanges(file: HttpFile, asked: Asked): CairnError {
  file.rangeless = true;
  return readError(file, asked, NO_RANGES);
}

function contentLength(headers: Headers): number | undefined {
  const text = headers.get('content-length');
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
