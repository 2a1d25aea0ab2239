import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Installs packages of Debian unless all of the commands are there. */
export function install(commands: readonly string[], packages: readonly string[]): void {
  const missing = commands.filter((command) => spawnSync('which', [command]).status !== 0);
  if (missing.length === 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  execFileSync('apt-get', ['update'], { env, stdio: 'ignore' });
  execFileSync('apt-get', ['install', '-y', '--no-install-recommends', ...packages], {
    env,
    stdio: 'ignore',
  });
}

/** Ports that nobody listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Processes that are stopped together, and the directory of their files, which goes then. */
export class Daemons {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'cairn-server-'));
  readonly #env: NodeJS.ProcessEnv;
  readonly #running = new Map<string, ChildProcess>();

  constructor(env: Readonly<Record<string, string>> = {}) {
    this.#env = { ...process.env, ...env };
  }

  /** Runs a command to its end; what it printed. */
  run(command: string, ...args: string[]): string {
    return execFileSync(command, args, {
      env: this.#env,
      cwd: this.directory,
      encoding: 'utf8',
      stdio: 'pipe',
    });
  }

  /** Starts a process that goes on; it prints into a file. */
  start(command: string, ...args: string[]): ChildProcess {
    const name = `${command}-${this.#running.size}`;
    const log = openSync(this.#log(name), 'a');
    const child = spawn(command, args, { env: this.#env, cwd: this.directory, stdio: ['ignore', log, log] });
    this.#running.set(name, child);
    return child;
  }

  /** Waits until something answers requests there. */
  answers(url: string): Promise<void> {
    return this.until(`something answers at ${url}`, async () => {
      const answer = await fetch(url).catch(() => undefined);
      await answer?.arrayBuffer();
      return answer !== undefined;
    });
  }

  /** Waits, for a minute at most, until something holds. */
  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    for (let i = 0; i < 600; i++) {
      if (await holds()) return;
      const ended = [...this.#running].find(([, child]) => child.exitCode !== null);
      if (ended !== undefined)
        throw new Error(`${ended[0]} ended: ${readFileSync(this.#log(ended[0]), 'utf8')}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`waited in vain until ${what}`);
  }

  /** Ends the processes, the last one first. */
  async stop(): Promise<void> {
    for (const child of [...this.#running.values()].reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const hurry = setTimeout(() => child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(hurry);
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  #log(name: string): string {
    return join(this.directory, `${name}.log`);
  }
}
