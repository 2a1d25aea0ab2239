/** Measures whose answers are sums over the same keys, so that the sums must agree. */
export const agreeing = [
  ['get-hit-lent', 'get-hit-owned'],
  ['get-zipf-lent', 'get-zipf-owned'],
  ['get-miss-lent', 'get-miss-owned'],
  ['get-await-lent', 'get-await-owned'],
  ['get-many-lent', 'get-many-owned', 'get-many-library'],
  ['paged-get-lent', 'paged-get-owned'],
  ['defaults-get-lent', 'defaults-get-owned'],
  ['defaults-first-owned'],
  ['defaults-await-owned'],
  ['threads-get-main', 'threads-get-one', 'threads-get-two'],
  ['scan', 'scan-each', 'scan-sync-lent', 'scan-sync-owned', 'scan-await-lent', 'scan-await-owned'],
  ['ranges', 'ranges-each', 'ranges-lent', 'ranges-owned'],
];
