#!/usr/bin/env node
import module from 'node:module';
import { plainGet } from './plain-get.ts';

// Compiled code is kept for the next run, from Node 22.8 on and unless NODE_DISABLE_COMPILE_CACHE is set. Only the
// command does this: what a process keeps in its temporary directory is not for a library to decide. Everything else is
// imported after that, because only code that is compiled from then on is kept.
module.enableCompileCache?.();

void run(process.argv.slice(2));

async function run(argv: readonly string[]): Promise<void> {
  const get = plainGet(argv);
  if (get === undefined) {
    const { processIo, runCairn } = await import('./program.ts');
    process.exitCode = await runCairn(argv, processIo());
  } else {
    const { lookUp, processIo } = await import('./look-up.ts');
    process.exitCode = await lookUp(get, processIo());
  }
}
