import type { StoreInfo } from '../store/manifest/describe-store.ts';
import { KeyText } from './key-text.ts';
import type { KeyWording } from './key-wording.ts';

/** What a store says of itself as JSON text. Keys are strings, arrays, or `{"$bytes":"…"}`. */
export function formatInfoJson(info: StoreInfo, keyFormat: KeyWording = 'auto'): string {
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
