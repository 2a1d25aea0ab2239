// Runs one scenario and kills itself, as `kill -9` would, just before the N-th call that changes the file system.

// First, before the library takes hold of the functions that it replaces.
import '../support/fs-hooks.ts';

import { errno } from '../support/fs-hooks.ts';
import { killBefore } from './kill-before.ts';
import { SCENARIOS } from './scenarios.ts';

const [scenario, root, nth, buildId] = process.argv.slice(2);

const calls = killBefore(Number(nth), root, ({ operation }) =>
  operation === 'link' && process.env.LACKS_LINKS === '1' ? errno('ENOTSUP', 'link') : undefined,
);
await SCENARIOS[scenario](root, buildId);
// The calls that it took: the parent knows then where to stop.
process.stdout.write(`${calls()}\n`);
