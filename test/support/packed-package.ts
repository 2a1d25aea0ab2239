import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What a process printed, and how it ended. */
export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1' };
}

/** Runs a command in a directory, and waits for it without serving anything meanwhile. */
export function run(directory: string, command: string, ...args: string[]): Outcome {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: directory,
    encoding: 'utf8',
    env: environment(),
  });
  if (error !== undefined) throw error;
  return { code: status, out: stdout, err: stderr };
}

/** Returns what a command printed, which must end with 0. */
export function succeed(directory: string, command: string, ...args: string[]): string {
  return printed(run(directory, command, ...args), command, args);
}

/** {@link succeed}, while this process serves what the command asks it for. */
export async function succeedServed(directory: string, command: string, ...args: string[]): Promise<string> {
  const child = spawn(command, args, { cwd: directory, env: environment() });
  let out = '';
  let err = '';
  child.stdout.on('data', (piece) => {
    out += piece;
  });
  child.stderr.on('data', (piece) => {
    err += piece;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return printed({ code, out, err }, command, args);
}

function printed({ code, out, err }: Outcome, command: string, args: readonly string[]): string {
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${out}\n${err}`);
  return out;
}

/** Packs the package as it is built, and returns the path of the tarball. */
export function packInto(directory: string): string {
  const [{ filename }] = JSON.parse(
    succeed(ROOT, 'npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', directory),
  ) as [{ filename: string }];
  return join(directory, filename);
}

/** Makes a project that has installed the package. */
export function install(directory: string, tarball: string, ...flags: string[]): void {
  mkdirSync(directory);
  writeFileSync(
    join(directory, 'package.json'),
    JSON.stringify({ name: 'project', private: true, type: 'module' }),
  );
  succeed(directory, 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', ...flags, tarball);
}
