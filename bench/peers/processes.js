import { spawnSync } from 'node:child_process';

/**
 * Runs Node and parses what it prints.
 * @param {string[]} args  for Node
 * @returns {{ json: any, error?: undefined } | { json?: undefined, error: string }} the printed JSON, or the error's message
 */
export function runNode(args) {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return status === 0 ? { json: JSON.parse(stdout) } : { error: messageOf(signal, stderr) };
}

/**
 * Runs Node and measures the whole process, from its start to its end, as `time` of the shell does: in milliseconds,
 * of which the system counts full ones.
 * @param {string[]} args  for Node
 * @param {{ cwd?: string }} [options]
 * @returns {{ wall: number, cpu: number, stdout: string, error?: undefined } | { error: string }}
 *   `cpu` is the processor time of all threads, user and system
 */
export function timeNode(args, { cwd } = {}) {
  const script = 'TIMEFORMAT="%3R %3U %3S"; time "$@"';
  const { status, signal, stdout, stderr } = spawnSync(
    'bash',
    ['-c', script, 'bash', process.execPath, ...args],
    {
      cwd,
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    },
  );
  if (status !== 0) return { error: messageOf(signal, stderr) };
  const [wall, user, system] = stderr.trimEnd().split('\n').at(-1).split(' ').map(Number);
  return { wall: wall * 1000, cpu: (user + system) * 1000, stdout };
}

/**
 * @param {NodeJS.Signals | null} signal
 * @param {string} stderr
 */
function messageOf(signal, stderr) {
  if (signal !== null) return `ended by ${signal}`;
  return /^\w*Error.*$/m.exec(stderr)?.[0] ?? `${stderr.trim().split('\n').at(-1)}`;
}
