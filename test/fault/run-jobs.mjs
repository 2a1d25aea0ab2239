// Runs the crash campaign of batch jobs for as long as one likes: npm run crash -- --minutes 60 [--seed 1]

import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' } },
});
const child = spawn('npx', ['vitest', 'run', 'test/fault/job-crash.test.ts'], {
  stdio: 'inherit',
  env: {
    ...process.env,
    CAIRNKV_CRASH_MINUTES: values.minutes,
    ...(values.seed === undefined ? {} : { CAIRNKV_CRASH_SEED: values.seed }),
  },
});
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
