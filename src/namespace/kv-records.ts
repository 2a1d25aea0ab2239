import { CairnError } from '../errors.ts';
import { KV_TYPES, type KvText, type KvType } from './kv-type.ts';

/** What is known of a key besides its value, which is in the record of its newest revision. */
export interface KvHead {
  /** The newest revision. It also counts on after a deletion. */
  readonly revision: number;
  /** No record of an older revision is kept. */
  readonly oldest: number;
  /** In milliseconds since 1970, as all times here. */
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly expiresMs: number | undefined;
  readonly type: KvType;
  readonly description: string | undefined;
  /** Whether the key was deleted. Its revisions stay until a purge. */
  readonly isDeleted: boolean;
}

/** A revision of a key. */
export interface KvRecord extends KvText {
  readonly updatedMs: number;
  readonly expiresMs: number | undefined;
  readonly description: string | undefined;
}

/**
 * Whether a key can be read: it was neither deleted nor has it expired. It expires in the millisecond of
 * its expiration date.
 */
export function isLive(head: KvHead, nowMs: number): boolean {
  return !head.isDeleted && !isExpired(head, nowMs);
}

export function isExpired({ expiresMs }: Pick<KvHead, 'expiresMs'>, nowMs: number): boolean {
  return expiresMs !== undefined && nowMs >= expiresMs;
}

export function encodeHead(head: KvHead): unknown {
  const { revision, oldest, createdMs, updatedMs, expiresMs, type, description, isDeleted } = head;
  return [
    revision,
    oldest,
    createdMs,
    updatedMs,
    expiresMs ?? null,
    KV_TYPES.indexOf(type),
    description ?? null,
    isDeleted,
  ];
}

/** @throws {CairnError} `CORRUPTION`. */
export function decodeHead(value: unknown, key: string, uri: string): KvHead {
  const fields = fieldsOf(value, 8, key, uri);
  const [revision, oldest, createdMs, updatedMs, expiresMs, type, description, isDeleted] = fields;
  if (
    !isCount(revision) ||
    !isCount(oldest) ||
    !isTime(createdMs) ||
    !isTime(updatedMs) ||
    !isOptional(expiresMs, isTime) ||
    !isTypeNumber(type) ||
    !isOptional(description, isText) ||
    typeof isDeleted !== 'boolean'
  )
    throw damaged(key, uri);
  return {
    revision,
    oldest,
    createdMs,
    updatedMs,
    expiresMs: expiresMs ?? undefined,
    type: KV_TYPES[type],
    description: description ?? undefined,
    isDeleted,
  };
}

export function encodeRecord({ type, text, updatedMs, expiresMs, description }: KvRecord): unknown {
  return [KV_TYPES.indexOf(type), text, updatedMs, expiresMs ?? null, description ?? null];
}

/** @throws {CairnError} `CORRUPTION`. */
export function decodeRecord(value: unknown, key: string, uri: string): KvRecord {
  const [type, text, updatedMs, expiresMs, description] = fieldsOf(value, 5, key, uri);
  if (
    !isTypeNumber(type) ||
    !isText(text) ||
    !isTime(updatedMs) ||
    !isOptional(expiresMs, isTime) ||
    !isOptional(description, isText)
  )
    throw damaged(key, uri);
  return {
    type: KV_TYPES[type],
    text,
    updatedMs,
    expiresMs: expiresMs ?? undefined,
    description: description ?? undefined,
  };
}

/** The error for an entry of the collection that no namespace has written. */
export function damaged(key: string, uri: string): CairnError {
  return new CairnError(
    'CORRUPTION',
    `${uri} does not hold what namespaces write: the entry ${key}. Restore the directory from a good copy`,
    { uri, file: uri, section: 'namespaces' },
  );
}

function fieldsOf(value: unknown, count: number, key: string, uri: string): readonly unknown[] {
  if (Array.isArray(value) && value.length === count) return value;
  throw damaged(key, uri);
}

function isOptional<T>(value: unknown, is: (value: unknown) => value is T): value is T | null {
  return value === null || is(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTypeNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) in KV_TYPES;
}
