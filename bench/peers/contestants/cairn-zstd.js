import { makeCairn } from './cairn.js';

/** @type {import('./contestant.js').Contestant} */
export const contestant = makeCairn({
  name: 'cairn-zstd',
  settings: "compression: 'zstd'; measured for load and size only",
  compression: 'zstd',
  calls: { load: 'put' },
});
