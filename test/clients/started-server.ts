import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMMAND } from '../support/built-command.ts';

/** A `cairn serve` that runs. */
export interface StartedServer {
  readonly url: string;
  /** Ends it as a system does, and returns the exit code. */
  stop(): Promise<number | null>;
}

/** Starts `cairn serve` over an empty root, which goes with it. */
export async function startServer(...flags: readonly string[]): Promise<StartedServer> {
  const root = mkdtempSync(join(tmpdir(), 'cairn-clients-'));
  const child = spawn(process.execPath, [COMMAND, 'serve', root, '--port', '0', '--json', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (piece: Buffer) => resolve(piece.toString()));
    child.once('close', (code) => reject(new Error(`cairn serve ended with ${code}`)));
  });
  return {
    url: (JSON.parse(line) as { url: string }).url,
    async stop() {
      child.kill('SIGTERM');
      const code = await ended;
      rmSync(root, { recursive: true, force: true });
      return code;
    },
  };
}
