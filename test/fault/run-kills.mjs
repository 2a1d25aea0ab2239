// Kills processes that commit to one collection, for as long as one likes:
// npm run kills -- --minutes 60 [--processes 16] [--seed 7]

import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    processes: { type: 'string', default: '16' },
    seed: { type: 'string', default: '1' },
  },
});
const child = spawn('npx', ['vitest', 'run', 'test/fault/collection-killed.test.ts'], {
  stdio: 'inherit',
  env: {
    ...process.env,
    CAIRNKV_KILLS_MINUTES: values.minutes,
    CAIRNKV_KILLS_PROCESSES: values.processes,
    CAIRNKV_KILLS_SEED: values.seed,
  },
});
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
