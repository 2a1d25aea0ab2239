import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StartedServer, startServer } from './started-server.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));

let server: StartedServer;

beforeAll(async () => {
  server = await startServer('--token', 'secret');
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

function run(command: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`);
}

/** The Python of a virtual environment with one version of the client, which is made once. It imports regex, and does not say so. */
function pythonWith(version: string): string {
  const place = join(HERE, 'node_modules', `.kestrapy-${version}`);
  const python = join(place, 'bin', 'python');
  const done = join(place, 'installed');
  if (!existsSync(done)) {
    mkdirSync(place, { recursive: true });
    run('python3', '-m', 'venv', place);
    run(
      python,
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      `kestrapy==${version}`,
      'regex',
    );
    writeFileSync(done, '');
  }
  return python;
}

/** Runs a script beside this file, and returns what it printed as JSON. */
async function answersOf(version: string, script: string): Promise<unknown> {
  const child = spawn(pythonWith(version), [join(HERE, script), server.url, 'secret']);
  let out = '';
  let err = '';
  child.stdout.on('data', (piece: Buffer) => {
    out += piece.toString();
  });
  child.stderr.on('data', (piece: Buffer) => {
    err += piece.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`${script} ended with ${code}: ${err.slice(-2000)}`);
  return JSON.parse(out);
}

describe("Kestra's client for Python", () => {
  it('of version 2 sets, gets, lists, searches and deletes', async () => {
    expect(await answersOf('2.0.3', 'use_kestrapy_2.py')).toEqual({
      values: [
        ['STRING', 'hello'],
        ['NUMBER', 42],
        ['BOOLEAN', true],
        ['DATE', '2021-09-01'],
        ['DURATION', 'PT15M'],
        ['JSON', { a: [1] }],
      ],
      inherited: ['base'],
      searched: [['my_key', 'last'], 2],
      deleted: [true, false],
      many: ['last'],
      missing: "Not Found: No value found for key 'absent' in namespace 'company.team'",
    });
  });

  it('of version 0.24 sets, gets, lists and deletes', async () => {
    expect(await answersOf('0.24.1', 'use_kestrapy_0.py')).toEqual({
      value: { a: [1] },
      listed: ['my_key', 'other'],
      deleted: [true, false],
      many: ['other'],
      missing: "Not Found: No value found for key 'absent' in namespace 'old.team'",
    });
  });
});
