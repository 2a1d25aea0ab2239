import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must } from './run-cairn.ts';

/** Imports a store of 1,000 entries in small blocks, and returns the path of its one partition. */
export async function importDamageable(store: string): Promise<string> {
  const stdin = Array.from(
    { length: 1000 },
    (_, i) => `key ${String(i).padStart(5, '0')}\tvalue ${i}\n`,
  ).join('');
  await must(['import', store, '-q', '--block-bytes', '1k'], { stdin });
  return join(store, 'data', readdirSync(join(store, 'data'))[0]);
}

/** Flips a bit of a file. */
export function damage(file: string, offset: number): void {
  const bytes = readFileSync(file);
  bytes[offset] ^= 1;
  writeFileSync(file, bytes);
}
