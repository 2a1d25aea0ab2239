#!/usr/bin/env node
import module from 'node:module';

// Compiled code is kept for the next run, from Node 22.8 on and unless NODE_DISABLE_COMPILE_CACHE is set. Only the
// command does this: what a process keeps in its temporary directory is not for a library to decide.
module.enableCompileCache?.();

// Imported after that, because only code that is compiled from then on is kept.
const [{ runCairn }, { processIo }] = await Promise.all([import('./program.ts'), import('./terminal/io.ts')]);

// Output reports failures of these streams; without a listener they would end the process.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

process.exitCode = await runCairn(process.argv.slice(2), processIo());
