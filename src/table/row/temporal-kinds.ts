import type { Temporal } from 'temporal-spec';
import { temporalKind } from '../../codec/temporal.ts';
import { describe } from '../../codec/type-names.ts';
import { reasonOf } from '../../errors.ts';
import { DAY_MS, DAY_NS, dateOfDays, daysOf, divideDown, MILLISECOND_NS } from '../schema/civil-date.ts';
import { Refusal } from '../schema/refusal.ts';
import { PlainKeyKind } from './plain-key-kind.ts';
import type { RowReader } from './row-reader.ts';
import type { RowWriter } from './row-writer.ts';

/** The classes of Temporal that columns are read as. */
export type ColumnTemporal = Pick<typeof Temporal, 'Instant' | 'PlainDateTime' | 'PlainDate' | 'PlainTime'>;

// Stricter than Temporal, which drops what doesn't belong to the class: the time of a date, the offset of a date and time.
const DAY = String.raw`(?:\d{4}|[+-]\d{6})-\d\d-\d\d`;
const CLOCK = String.raw`\d\d:\d\d(?::[0-5]\d(?:\.\d{1,9})?)?`;
const DATE_TEXT = new RegExp(`^${DAY}$`);
const TIME_TEXT = new RegExp(`^${CLOCK}$`);
const DATE_TIME_TEXT = new RegExp(`^${DAY}[T ]${CLOCK}$`);
const MOMENT_TEXT = new RegExp(`^${DAY}[T ]${CLOCK}(?:Z|[+-]\\d\\d:\\d\\d)$`);

/** DATE: kept as days since 1970. */
export class DateKind extends PlainKeyKind<'number'> {
  readonly name: string = 'DATE';
  readonly #temporal: ColumnTemporal;

  constructor(temporal: ColumnTemporal) {
    super('number');
    this.#temporal = temporal;
  }

  take(value: unknown): number {
    if (isTemporal(value, 'PlainDate')) return daysOf(withIsoCalendar(value as Temporal.PlainDate));
    if (typeof value === 'string' && DATE_TEXT.test(value))
      return daysOf(parsed(value, () => this.#temporal.PlainDate.from(value)));
    throw new Refusal(`is ${describe(value)}, not a Temporal.PlainDate or a date such as "2026-11-30"`);
  }

  give(kept: number): Temporal.PlainDate {
    const { year, month, day } = dateOfDays(kept);
    return new this.#temporal.PlainDate(year, month, day);
  }

  write(kept: number, writer: RowWriter): void {
    writer.zigzag(kept);
  }

  read(reader: RowReader): number {
    return reader.zigzag();
  }

  skip(reader: RowReader): void {
    reader.skipVarint();
  }

  writeBucketKey(kept: number, writer: RowWriter): void {
    writer.varint(kept >>> 0);
  }
}

/** TIME: kept as units of its precision since midnight. */
export class TimeKind extends PlainKeyKind<'number'> {
  readonly name: string;
  readonly #precision: number;
  readonly #unit: number;
  readonly #temporal: ColumnTemporal;

  constructor(precision: number, temporal: ColumnTemporal) {
    super('number');
    this.name = `TIME(${precision})`;
    this.#precision = precision;
    this.#unit = 10 ** (9 - precision);
    this.#temporal = temporal;
  }

  take(value: unknown): number {
    const time = isTemporal(value, 'PlainTime')
      ? (value as Temporal.PlainTime)
      : typeof value === 'string' && TIME_TEXT.test(value)
        ? parsed(value, () => this.#temporal.PlainTime.from(value))
        : undefined;
    if (time === undefined)
      throw new Refusal(`is ${describe(value)}, not a Temporal.PlainTime or a time such as "08:30:00"`);
    const seconds = time.hour * 3600 + time.minute * 60 + time.second;
    const nanoseconds = time.millisecond * 1_000_000 + time.microsecond * 1000 + time.nanosecond;
    if (nanoseconds % this.#unit !== 0) throw tooPrecise(String(time), this.#precision, this.name);
    return seconds * 10 ** this.#precision + nanoseconds / this.#unit;
  }

  give(kept: number): Temporal.PlainTime {
    const perSecond = 10 ** this.#precision;
    const seconds = Math.floor(kept / perSecond);
    const nanoseconds = (kept - seconds * perSecond) * this.#unit;
    return new this.#temporal.PlainTime(
      Math.floor(seconds / 3600),
      Math.floor(seconds / 60) % 60,
      seconds % 60,
      Math.floor(nanoseconds / 1_000_000),
      Math.floor(nanoseconds / 1000) % 1000,
      nanoseconds % 1000,
    );
  }

  write(kept: number, writer: RowWriter): void {
    writer.varint(kept);
  }

  read(reader: RowReader): number {
    return reader.varint();
  }

  skip(reader: RowReader): void {
    reader.skipVarint();
  }

  writeBucketKey(kept: number, writer: RowWriter): void {
    // Milliseconds are all that Fluss keeps of a time.
    writer.varint(Math.floor((kept * this.#unit) / 1_000_000));
  }
}

/** What TIMESTAMP and TIMESTAMP_LTZ have in common: nanoseconds since 1970, kept as milliseconds and the rest. */
abstract class MomentKind extends PlainKeyKind<'bigint'> {
  readonly name: string;
  readonly #precision: number;
  readonly #unit: bigint;
  protected readonly temporal: ColumnTemporal;

  constructor(name: string, precision: number, temporal: ColumnTemporal) {
    super('bigint');
    this.name = `${name}(${precision})`;
    this.#precision = precision;
    this.#unit = 10n ** BigInt(9 - precision);
    this.temporal = temporal;
  }

  take(value: unknown): bigint {
    const kept = this.nanosecondsOf(value);
    if (kept % this.#unit === 0n) return kept;
    throw tooPrecise(this.toText(kept), this.#precision, this.name);
  }

  protected abstract nanosecondsOf(value: unknown): bigint;

  abstract override give(kept: bigint): unknown;

  write(kept: bigint, writer: RowWriter): void {
    const { quotient, rest } = divideDown(kept, MILLISECOND_NS);
    writer.zigzag(Number(quotient));
    if (this.#precision > 3) writer.varint(Number(rest));
  }

  read(reader: RowReader): bigint {
    const milliseconds = BigInt(reader.zigzag()) * MILLISECOND_NS;
    return this.#precision > 3 ? milliseconds + BigInt(reader.varint()) : milliseconds;
  }

  skip(reader: RowReader): void {
    reader.skipVarint();
    if (this.#precision > 3) reader.skipVarint();
  }

  writeBucketKey(kept: bigint, writer: RowWriter): void {
    const { quotient, rest } = divideDown(kept, MILLISECOND_NS);
    writer.bigVarint(BigInt.asUintN(64, quotient));
    if (this.#precision > 3) writer.varint(Number(rest));
  }
}

/** TIMESTAMP: a date and time without a zone, kept as if it were in UTC. */
export class TimestampKind extends MomentKind {
  constructor(precision: number, temporal: ColumnTemporal) {
    super('TIMESTAMP', precision, temporal);
  }

  override give(kept: bigint): Temporal.PlainDateTime {
    const { quotient: days, rest } = divideDown(kept, DAY_NS);
    const { year, month, day } = dateOfDays(Number(days));
    const { PlainDateTime } = this.temporal;
    const time = Number(rest / MILLISECOND_NS);
    const nanoseconds = Number(rest % MILLISECOND_NS);
    return new PlainDateTime(
      year,
      month,
      day,
      Math.floor(time / 3_600_000),
      Math.floor(time / 60_000) % 60,
      Math.floor(time / 1000) % 60,
      time % 1000,
      Math.floor(nanoseconds / 1000),
      nanoseconds % 1000,
    );
  }

  protected override nanosecondsOf(value: unknown): bigint {
    if (isTemporal(value, 'PlainDateTime')) return nanosecondsOfDateTime(value as Temporal.PlainDateTime);
    if (typeof value === 'string') {
      if (!DATE_TIME_TEXT.test(value))
        throw new Refusal(`is ${describe(value)}, not a date and time such as "2026-11-30T08:30:00"`);
      return nanosecondsOfDateTime(parsed(value, () => this.temporal.PlainDateTime.from(value)));
    }
    return nanosecondsOfMoment(value, 'a Temporal.PlainDateTime, Instant, Date, milliseconds or ISO text');
  }
}

/** TIMESTAMP_LTZ: a moment. */
export class TimestampLtzKind extends MomentKind {
  constructor(precision: number, temporal: ColumnTemporal) {
    super('TIMESTAMP_LTZ', precision, temporal);
  }

  override give(kept: bigint): Temporal.Instant {
    return new this.temporal.Instant(kept);
  }

  protected override nanosecondsOf(value: unknown): bigint {
    if (typeof value === 'string') {
      if (!MOMENT_TEXT.test(value))
        throw new Refusal(
          `is ${describe(value)}, not a moment with its offset, such as "2026-11-30T08:30:00Z"`,
        );
      return parsed(value, () => this.temporal.Instant.from(value)).epochNanoseconds;
    }
    return nanosecondsOfMoment(value, 'a Temporal.Instant, Date, milliseconds or ISO text');
  }
}

/** The greatest moment that Temporal and Date have, in nanoseconds. */
const MAX_MOMENT_NS = 8_640_000_000_000_000_000_000n;

/** Nanoseconds since 1970 of an Instant, a Date, milliseconds, or nanoseconds as a bigint. @throws {Refusal}. */
export function nanosecondsOfMoment(value: unknown, wanted: string): bigint {
  if (isTemporal(value, 'Instant')) return (value as Temporal.Instant).epochNanoseconds;
  if (typeof value === 'bigint') {
    if (value <= MAX_MOMENT_NS && value >= -MAX_MOMENT_NS) return value;
    throw new Refusal(`is ${value} nanoseconds, beyond all moments`);
  }
  const milliseconds = value instanceof Date ? value.getTime() : value;
  if (typeof milliseconds === 'number') {
    if (Number.isInteger(milliseconds) && Math.abs(milliseconds) <= 1e8 * DAY_MS)
      return BigInt(milliseconds) * MILLISECOND_NS;
    throw new Refusal(
      value instanceof Date ? 'is an invalid Date' : `is ${describe(value)}, not an integer of milliseconds`,
    );
  }
  throw new Refusal(`is ${describe(value)}, not ${wanted}`);
}

function nanosecondsOfDateTime(value: Temporal.PlainDateTime): bigint {
  const { hour, minute, second, millisecond, microsecond, nanosecond } = withIsoCalendar(value);
  const time = ((hour * 60 + minute) * 60 + second) * 1000 + millisecond;
  return (
    BigInt(daysOf(value)) * DAY_NS + BigInt(time) * MILLISECOND_NS + BigInt(microsecond * 1000 + nanosecond)
  );
}

function isTemporal(value: unknown, kind: string): boolean {
  return typeof value === 'object' && value !== null && temporalKind(value) === kind;
}

function withIsoCalendar<T extends { readonly calendarId: string }>(value: T): T {
  if (value.calendarId === 'iso8601') return value;
  throw new Refusal(`has the calendar ${value.calendarId}, which is not kept: pass .withCalendar('iso8601')`);
}

/** Reads ISO text that has the right form. @throws {Refusal} if it names no day or time. */
function parsed<T>(text: string, from: () => T): T {
  try {
    return from();
  } catch (error) {
    throw new Refusal(`is ${describe(text)}: ${reasonOf(error)}`);
  }
}

function tooPrecise(text: string, precision: number, name: string): Refusal {
  return new Refusal(`is ${text}, with more than ${precision} digits of a second (${name})`);
}
