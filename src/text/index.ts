export type { TemporalClasses } from '../codec/temporal.ts';
export type { EntryBatch, InvalidLine, InvalidLineReason, OnInvalidLine } from './entry-batch.ts';
export { formatIpAddress, mapToIpv6, parseIpAddress } from './ip-address.ts';
export { formatJsonLines, type JsonLineOptions, parseJsonLines } from './json-lines.ts';
export { formatReadableJson, formatTaggedJson, parseJsonExactly, parseTaggedJson } from './json-text.ts';
export { formatKeyValueLines, type KeyValueLineOptions, parseKeyValueLines } from './key-value-lines.ts';
export { type LineBlock, lineBlocks } from './line-blocks.ts';
export type { TextEncodings, TextKeyEncoding, TextValueEncoding } from './text-fields.ts';
