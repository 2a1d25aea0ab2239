import type { Temporal } from 'temporal-spec';
import type { TemporalClasses } from '../codec/temporal.ts';
import { isExpired, type KvHead, type KvRecord } from './kv-records.ts';
import type { KvText, KvType, KvValue } from './kv-type.ts';
import { kvJson, kvValue } from './kv-value.ts';

/** What a listing shows of a key: everything but the value. */
export interface KvListing {
  readonly key: string;
  readonly type: KvType;
  /** Counts the sets of the key, from 1 on, also across its deletions; a purge of the key begins it anew. */
  readonly revision: number;
  /** When the key was set while it was not there. */
  readonly creationDate: Temporal.Instant;
  /** When it was set last. */
  readonly updateDate: Temporal.Instant;
  /** Absent for a value without end. */
  readonly expirationDate?: Temporal.Instant;
  readonly description?: string;
  /** True if it has expired: it is listed only where expired ones are asked for. */
  readonly isExpired?: true;
}

/** A key with its value. */
export interface KvEntry extends KvListing, KvText {
  readonly value: KvValue;
}

/** An entry, and the namespace that has it. */
export interface ResolvedEntry extends KvEntry {
  readonly namespace: string;
}

/** A key of another namespace, which is inherited. */
export interface InheritedListing extends KvListing {
  readonly namespace: string;
}

/** A kept revision of a key. */
export interface KvRevision extends KvText {
  readonly value: KvValue;
  readonly revision: number;
  /** When it was set. */
  readonly updateDate: Temporal.Instant;
  readonly expirationDate?: Temporal.Instant;
  readonly description?: string;
}

/**
 * The JSON text of an entry, a listing or a revision: dates are ISO text, and values have all digits that
 * were written.
 */
export function kvEntryJson(entry: KvListing | KvEntry | KvRevision): string {
  const { value, text, ...rest } = entry as KvListing & Partial<KvEntry>;
  const members = Object.entries(rest).map(
    ([name, member]) => `${JSON.stringify(name)}:${memberJson(member)}`,
  );
  if (text !== undefined) members.push(`"value":${kvJson({ type: rest.type, text })}`);
  return `{${members.join(',')}}`;
}

function memberJson(member: unknown): string {
  return JSON.stringify(typeof member === 'object' ? String(member) : member);
}

export function listingOf(key: string, head: KvHead, nowMs: number, temporal: TemporalClasses): KvListing {
  const { revision, createdMs, updatedMs, expiresMs, type, description } = head;
  const instant = (timeMs: number): Temporal.Instant => temporal.Instant.fromEpochMilliseconds(timeMs);
  return {
    key,
    type,
    revision,
    creationDate: instant(createdMs),
    updateDate: instant(updatedMs),
    ...(expiresMs === undefined ? {} : { expirationDate: instant(expiresMs) }),
    ...(description === undefined ? {} : { description }),
    ...(isExpired(head, nowMs) ? { isExpired: true } : {}),
  };
}

export function entryOf(
  key: string,
  head: KvHead,
  { type, text }: KvText,
  nowMs: number,
  temporal: TemporalClasses,
): KvEntry {
  return { ...listingOf(key, head, nowMs, temporal), value: kvValue({ type, text }, temporal), text };
}

export function revisionOf(
  revision: number,
  { type, text, updatedMs, expiresMs, description }: KvRecord,
  temporal: TemporalClasses,
): KvRevision {
  const instant = (timeMs: number): Temporal.Instant => temporal.Instant.fromEpochMilliseconds(timeMs);
  return {
    revision,
    type,
    value: kvValue({ type, text }, temporal),
    text,
    updateDate: instant(updatedMs),
    ...(expiresMs === undefined ? {} : { expirationDate: instant(expiresMs) }),
    ...(description === undefined ? {} : { description }),
  };
}
