import type { Io } from './io.ts';
import { Output } from './output.ts';

/** Prints names, one a line or as a JSON array. */
export async function printNames(names: readonly string[], asJson: boolean, io: Io): Promise<void> {
  const output = new Output(io.stdout);
  if (asJson) await output.write(`${JSON.stringify(names)}\n`);
  else for (const name of names) await output.write(`${name}\n`);
  await output.finish();
}
