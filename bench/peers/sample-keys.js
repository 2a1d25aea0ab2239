/**
 * Prints sampled keys, each behind a byte that tells its length: for a process whose memory is measured, and in which
 * making them would leave its traces.
 *
 *     node bench/peers/sample-keys.js '{"workload":"W3","scale":1,"seed":20,"lookups":1000}'
 */

import { makeWorkload } from './workloads.js';

const { workload, lookups, ...size } = JSON.parse(process.argv[2]);
const { keys } = makeWorkload(workload, size).sampleKeys(lookups, 'buffer');
process.stdout.write(Buffer.concat(keys.flatMap((key) => [Buffer.of(key.length), key])));
