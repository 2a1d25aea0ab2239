import { makeCairn } from './cairn.js';

/** @type {import('./contestant.js').Contestant} */
export const contestant = makeCairn({
  name: 'cairn-deflate',
  settings: "compression: 'deflate'; measured for load and size only",
  compression: 'deflate',
  calls: { load: 'put' },
});
