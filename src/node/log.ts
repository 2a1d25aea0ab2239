import '../io/register.ts';
import './register.ts';

export { type CreateLogOptions, createLog } from '../log/create-log.ts';
export type { LogBucket } from '../log/log-bucket.ts';
export type { LogInfo } from '../log/log-info.ts';
export type { KeyedRecord, LogProducer, SendOptions } from '../log/log-producer.ts';
export type { LogPromise } from '../log/log-promise.ts';
export type { LogReader } from '../log/log-reader.ts';
export type { LogRecord } from '../log/log-record.ts';
export { type OpenLogOptions, openLog } from '../log/open-log.ts';
export type { ProducerPromise } from '../log/producer-promise.ts';
export type { RecordRange } from '../log/record-range.ts';
