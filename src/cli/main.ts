#!/usr/bin/env node
import { runCairn } from './program.ts';
import { processIo } from './terminal/io.ts';

// What goes wrong with the streams is found by who writes to them; without listeners it would end the process.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

process.exitCode = await runCairn(process.argv.slice(2), processIo());
