import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, shell } from '../support/built-command.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';

const at = directoryPerTest();

beforeAll(buildCommand, 120_000);

describe('the demo', () => {
  const demo = fileURLToPath(new URL('../../fixtures/demo/demo.mjs', import.meta.url));

  function run(directory: string): string {
    const { status, stdout, stderr } = spawnSync(process.execPath, [demo, directory], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    return stdout;
  }

  it('answers from real data, and the commands that it names work', () => {
    const out = run(at('stores'));
    expect(out).toMatch(/ {2}.*asn: 515,158 entries, [\d.]+ MB, [\d,]+ entries\/s/);
    expect(out).toMatch(/^ {2}8\.8\.8\.8 +→ AS15169 Google LLC \(8\.8\.8\.0 – 8\.8\.8\.255\)$/m);
    expect(out).toMatch(/^ {2}2001:4860:4860::8888 +→ AS15169 Google LLC /m);
    expect(out).toMatch(/^ {2}10\.0\.0\.1 +→ not announced$/m);
    expect(out).toMatch(/^ {2}fe80::1 +→ not announced$/m);
    expect(out).toMatch(/^ {4}- a mound of stones piled up as a memorial/m);
    const commands = [...out.matchAll(/^ {2}npx (cairn .*)$/gm)].map(([, command]) => command);
    expect(commands.length).toBeGreaterThan(5);
    for (const command of commands) expect(shell(command)).toMatchObject({ code: 0, err: '' });
    expect(shell(commands[0]).out).toBe(
      '::ffff:8.8.8.0\t{"end":"8.8.8.255","asn":15169,"name":"Google LLC"}\n',
    );
    expect(run(at('stores'))).toContain('515,158 entries');
  });
});
