import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The command as users run it; `buildCommand` makes it. */
export const COMMAND: string = fileURLToPath(new URL('../../dist/cairn/main.cjs', import.meta.url));

/** Compiles what has changed since the last time. */
export function buildCommand(): void {
  const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-b'], { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`tsc -b failed:\n${stdout}`);
  const rolldown = fileURLToPath(new URL('../../node_modules/rolldown/bin/cli.mjs', import.meta.url));
  const bundling = spawnSync(process.execPath, [rolldown, '-c'], { cwd: ROOT, encoding: 'utf8' });
  if (bundling.status !== 0) throw new Error(`rolldown -c failed:\n${bundling.stderr}`);
}

/** What a process left behind. */
export interface ProcessOutcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a line of shell in which `cairn` is the command. */
export function shell(line: string): ProcessOutcome {
  const script = `cairn() { "${process.execPath}" "${COMMAND}" "$@"; }; ${line}`;
  const { status, signal, stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], {
    encoding: 'utf8',
  });
  return { code: status, signal, out: stdout, err: stderr };
}

/** The same without stopping this process meanwhile, which may serve what the line reads. */
export function shellBeside(
  line: string,
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<ProcessOutcome> {
  const script = `cairn() { "${process.execPath}" "${COMMAND}" "$@"; }; ${line}`;
  const child = spawn('bash', ['--norc', '-c', script], { cwd, env: { ...process.env, ...env } });
  return outcomeOf(child);
}

/** Starts the command, calls back with the child as soon as there is one, and waits for its end. */
export function started(
  argv: readonly string[],
  then: (child: ReturnType<typeof spawn>) => void,
): Promise<ProcessOutcome> {
  const child = spawn(process.execPath, [COMMAND, ...argv]);
  then(child);
  return outcomeOf(child);
}

function outcomeOf(child: ChildProcessWithoutNullStreams): Promise<ProcessOutcome> {
  let out = '';
  let err = '';
  child.stdout.on('data', (piece) => {
    out += piece;
  });
  child.stderr.on('data', (piece) => {
    err += piece;
  });
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, out, err })));
}
