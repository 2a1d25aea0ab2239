import { makeLevel } from './level.js';

/** @type {import('./contestant.js').Contestant} */
export const contestant = makeLevel({
  name: 'level-raw',
  settings: 'compression off, writeBufferSize 64 MiB, cacheSize as ours (2 GiB when resident)',
  compressed: false,
  options: { compression: false, writeBufferSize: 64 * 2 ** 20, maxOpenFiles: 10_000 },
  sizesCache: true,
});
