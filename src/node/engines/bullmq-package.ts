import { createRequire } from 'node:module';
import { CairnError, invalidArgument } from '../../errors.ts';
import { packageNotLoaded } from '../../missing-package.ts';

/** What is used of the package. */
export type Bullmq = typeof import('bullmq');

/** The major version that is known to work. */
const MAJOR = 6;

/** Where Redis is, and how the queue is called. */
export interface BullmqConnection {
  /** The URL of Redis; default: `REDIS_URL`, or redis://127.0.0.1:6379. */
  readonly redis?: string | undefined;
  /** The name of the queue; default: `cairn-` and the name of the job's module. */
  readonly queue?: string | undefined;
  /** What BullMQ's keys begin with; default: bull. */
  readonly prefix?: string | undefined;
}

/**
 * Loads BullMQ. Its client of Redis, ioredis, is a package of its own, which it loads later.
 *
 * @throws {CairnError} (as a rejection) `UNSUPPORTED` if one of them is missing, or BullMQ has another version.
 */
export async function loadBullmq(): Promise<Bullmq> {
  const bullmq: Bullmq = await import('bullmq').catch(packageNotLoaded);
  const { version } = createRequire(import.meta.url)('bullmq/package.json') as { readonly version: string };
  if (Number.parseInt(version, 10) !== MAJOR) {
    throw new CairnError(
      'UNSUPPORTED',
      `the package bullmq has the version ${version}, and jobs need ${MAJOR}: npm install bullmq@${MAJOR}`,
    );
  }
  await import('ioredis').catch(packageNotLoaded);
  return bullmq;
}

/** Checks the URL of Redis. @throws {CairnError} `INVALID_ARGUMENT`. */
export function redisUrl(url: string = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'): string {
  const isRedis = URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol);
  if (isRedis) return url;
  throw invalidArgument('redis', 'redis must be a URL such as redis://127.0.0.1:6379');
}

/** The URL as messages show it. */
export function withoutPassword(url: string): string {
  const shown = new URL(url);
  if (shown.password !== '') shown.password = '***';
  return shown.href;
}

/**
 * The error for a Redis that can't be used.
 *
 * @param reason is an error of the client's, or of BullMQ's.
 */
export function redisError(url: string, reason: unknown): CairnError {
  const message = reason instanceof Error ? reason.message || reason.name : String(reason);
  const at = withoutPassword(url);
  if (/redis version|minimum version/i.test(message))
    return new CairnError('UNSUPPORTED', `the Redis at ${at} can't be used: ${message}`, { cause: reason });
  return new CairnError(
    'IO',
    `no Redis that can be used is at ${at}: ${message}. Start one, or name it by the option redis`,
    {
      operation: 'connect',
      cause: reason,
    },
  );
}
