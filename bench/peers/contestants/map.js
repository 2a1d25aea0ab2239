import { touchText } from './contestant.js';

/** @type {import('./contestant.js').Contestant} */
export const contestant = {
  name: 'map',
  version: `Node ${process.versions.node}`,
  kind: 'ceiling',
  settings:
    'a Map in memory, keys as Latin-1 strings, values as its own Buffers; not a store: no load, no disk',
  // Ten million keys and values are objects on V8's heap here.
  nodeFlags: ['--max-old-space-size=12288'],
  calls: {
    'get-hit-lent': 'get',
    'get-zipf-lent': 'get',
    'get-miss-lent': 'get',
    'get-many-lent': 'loop of get',
    scan: 'for … of',
  },
  keyForm: () => 'string',

  open(_dir, { entries }) {
    if (entries === undefined) throw new Error('a Map is filled from entries, not opened');
    /** @type {Map<string, Uint8Array>} */
    const map = new Map();
    for (const { length, keys, values } of entries) {
      // One slab a chunk: a Buffer of its own for each value would cost ten million allocations.
      let bytes = 0;
      for (let i = 0; i < length; i++) bytes += values[i].length;
      const slab = Buffer.allocUnsafeSlow(bytes);
      let at = 0;
      for (let i = 0; i < length; i++) {
        values[i].copy(slab, at);
        map.set(keys[i], slab.subarray(at, (at += values[i].length)));
      }
    }
    return {
      get: (key) => map.get(key),
      getMany: (keys) => {
        const values = new Array(keys.length);
        for (let i = 0; i < keys.length; i++) values[i] = map.get(keys[i]);
        return values;
      },
      scan: () => {
        let check = 0;
        for (const [key, value] of map) check += touchText(key, value);
        return { entries: map.size, check };
      },
      close: () => map.clear(),
    };
  },
};
