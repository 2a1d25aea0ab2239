// Runs one scenario and tells its outcome in one line: `done`, or the code of the error.

import { isCairnError } from '../../src/errors.ts';
import { SCENARIOS } from '../fault/scenarios.ts';

const [scenario, root] = process.argv.slice(2);
try {
  await SCENARIOS[scenario](root);
  process.stdout.write('done\n');
} catch (error) {
  // Anything else ends the process with a trace, which the tests take for what it is.
  if (!isCairnError(error)) throw error;
  process.stdout.write(`${error.code} ${error.code === 'IO' ? error.operation : ''} ${error.message}\n`);
}
