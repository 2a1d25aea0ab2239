import { rmSync } from 'node:fs';
import { cairn } from './run-cairn.ts';
import { entriesOf } from './store-entries.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** The entries that `cairn import` with these options makes of an input, values as JSON; or why it refuses it. */
export async function importOutcome(
  bytes: Uint8Array,
  options: readonly string[],
): Promise<{ readonly entries: [string, string][] } | { readonly refused: string }> {
  const directory = temporaryDirectory();
  try {
    const argv = ['import', `${directory}/store`, '-q', '--allow-empty', ...options];
    const { code, err } = await cairn(argv, { stdin: bytes });
    if (code === 2) return { refused: err };
    if (code !== 0) throw new Error(`exit code ${code}: ${err}`);
    const entries = await entriesOf(`${directory}/store`);
    return { entries: entries.map(([key, value]) => [key as string, JSON.stringify(value)]) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
