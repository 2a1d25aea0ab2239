// Runs the model tests, of stores and of collections, for as long as one likes each: npm run model -- --minutes 60 [--seed 1]

import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' } },
});
const tests = ['test/property/life.test.ts', 'test/property/collection.test.ts'];
const child = spawn('npx', ['vitest', 'run', ...tests], {
  stdio: 'inherit',
  env: {
    ...process.env,
    CAIRNKV_MODEL_MINUTES: values.minutes,
    ...(values.seed === undefined ? {} : { CAIRNKV_MODEL_SEED: values.seed }),
  },
});
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
