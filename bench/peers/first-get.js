/**
 * Opens a store with no option set, gets one value, and prints the milliseconds that this took: by the clock and of
 * processor time. Nothing is imported but the contestant, before the clock starts; the caller measures the whole process.
 *
 *     node bench/peers/first-get.js <contestant> <directory> text|binary <key as hex>
 */

import { importContestant } from './contestants/contestant.js';

const [name, dir, keys, hex] = process.argv.slice(2);
const contestant = await importContestant(name);
const textKeys = keys === 'text';
const bytes = Buffer.from(hex, 'hex');
const key = contestant.keyForm(textKeys) === 'string' ? bytes.toString('latin1') : bytes;

const before = process.cpuUsage();
const started = performance.now();
const reader = await contestant.open(dir, { textKeys, lent: false });
const value = reader.get(key);
const milliseconds = performance.now() - started;
const { user, system } = process.cpuUsage(before);

if (value === undefined) throw new Error(`${name} did not find the key`);
process.stdout.write(`${JSON.stringify({ milliseconds, cpuMilliseconds: (user + system) / 1000 })}\n`);
await reader.close();
