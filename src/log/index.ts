import '../io/register.ts';

export { type CreateLogOptions, createLog } from './create-log.ts';
export type { LogBucket } from './log-bucket.ts';
export type { LogInfo } from './log-info.ts';
export type { KeyedRecord, LogProducer, SendOptions } from './log-producer.ts';
export type { LogPromise } from './log-promise.ts';
export type { LogReader } from './log-reader.ts';
export type { LogRecord } from './log-record.ts';
export { type OpenLogOptions, openLog } from './open-log.ts';
export type { ProducerPromise } from './producer-promise.ts';
export type { RecordRange } from './record-range.ts';
