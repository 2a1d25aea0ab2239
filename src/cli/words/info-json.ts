import type { StoreInfo } from '../../node/index.ts';
import type { KeyFormat } from '../usage/choices.ts';
import { KeyText } from './key-text.ts';

/** What a store says of itself as JSON text. Keys are strings, arrays, or `{"$bytes":"…"}`. */
export function formatInfoJson(info: StoreInfo, keyFormat: KeyFormat = 'auto'): string {
  const keys = new KeyText(info, keyFormat);
  const plain = (key: unknown): unknown => (key === undefined ? null : JSON.parse(keys.formatJson(key)));
  return JSON.stringify({
    ...info,
    firstKey: plain(info.firstKey),
    lastKey: plain(info.lastKey),
    partitions: info.partitions.map((partition) => ({
      ...partition,
      firstKey: plain(partition.firstKey),
      lastKey: plain(partition.lastKey),
    })),
  });
}
