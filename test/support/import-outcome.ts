import { deleteStore } from '../../src/node/index.ts';
import { cairn } from './run-cairn.ts';
import { entriesOf } from './store-entries.ts';

let stores = 0;

/** The entries that `cairn import` with these options makes of an input, values as JSON; or why it refuses it. */
export async function importOutcome(
  bytes: Uint8Array,
  options: readonly string[],
): Promise<{ readonly entries: [string, string][] } | { readonly refused: string }> {
  const uri = `memory:import-${stores++}`;
  const { code, err } = await cairn(['import', uri, '-q', ...options], { stdin: bytes });
  if (code === 2) return { refused: err };
  if (code !== 0) throw new Error(`exit code ${code}: ${err}`);
  const entries = (await entriesOf(uri)).map(([key, value]): [string, string] => [
    key as string,
    JSON.stringify(value),
  ]);
  await deleteStore(uri);
  return { entries };
}
