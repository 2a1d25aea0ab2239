/**
 * Opens a store, gets one value and says how many milliseconds that took; the caller takes the time of the whole
 * process. Nothing is imported but the contestant, before the clock starts.
 *
 *     node bench/peers/first-get.js <contestant> <directory> text|binary <key as hex>
 */

import { importContestant } from './contestants/contestant.js';

const [name, dir, keys, hex] = process.argv.slice(2);
const contestant = await importContestant(name);
const textKeys = keys === 'text';
const bytes = Buffer.from(hex, 'hex');
const key = contestant.keyForm(textKeys) === 'string' ? bytes.toString('latin1') : bytes;

const started = performance.now();
const reader = await contestant.open(dir, { textKeys, lent: true });
const value = reader.get(key);
const milliseconds = performance.now() - started;

if (value === undefined) throw new Error(`${name} did not find the key`);
process.stdout.write(`${JSON.stringify({ milliseconds, valueBytes: value.length })}\n`);
await reader.close();
