import { inspectFile, inspectFileJson } from '../../inspect/index.ts';
import '../../node/register.ts';
import { EXIT } from '../failure.ts';
import type { Io } from '../io.ts';
import { Output } from '../output.ts';

/** What `cairn inspect` is asked for. */
export interface InspectArgs {
  /** A partition file, a manifest, or a store. */
  readonly file: string;
  readonly hex?: boolean;
  readonly json?: boolean;
}

/** Prints what a file of a store holds, section by section, damage included. */
export async function runInspect({ file, hex = false, json = false }: InspectArgs, io: Io): Promise<number> {
  const output = new Output(io.stdout);
  if (json) {
    await output.write(`${JSON.stringify(await inspectFileJson(file))}\n`);
  } else {
    for await (const line of inspectFile(file, { hex })) {
      const waiting = output.write(`${line}\n`);
      if (waiting !== undefined) await waiting;
    }
  }
  await output.finish();
  return EXIT.ok;
}
