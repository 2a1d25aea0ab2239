/**
 * Writes sampled keys into a `KeyFile`, and prints its path.
 *
 *     node bench/peers/sample-keys.js '{"workload":"W3","scale":1,"seed":20,"lookups":1000,"absent":false}' <path>
 *
 * `lookups` null stands for every key.
 */

import { KeyFile } from './key-file.js';
import { makeWorkload } from './workloads.js';

const [wanted, path] = process.argv.slice(2);
const { workload, lookups, absent, ...size } = JSON.parse(wanted);
KeyFile.write(path, makeWorkload(workload, size), lookups ?? Number.POSITIVE_INFINITY, { absent });
process.stdout.write(JSON.stringify(path));
