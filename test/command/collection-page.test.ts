import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, shell } from '../support/built-command.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';

const at = directoryPerTest();

beforeAll(buildCommand, 120_000);

describe('the page about collections', () => {
  const page = readFileSync(new URL('../../src/collection/README.md', import.meta.url), 'utf8');
  const lines = [...page.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block]) =>
    block.trimEnd().split('\n'),
  );

  it('has commands that work in their order, and print what it says', () => {
    expect(lines.length).toBeGreaterThan(15);
    const directory = at('work');
    shell(`mkdir '${directory}'`);
    for (const line of lines) {
      const { code, out } = shell(`cd '${directory}' && ${line}`);
      expect([line, code]).toEqual([line, 0]);
      const [, promise] = / {2}# (.*)$/.exec(line) ?? [];
      if (promise === undefined || promise.startsWith('a collection')) continue;
      expect(out).toBe(`${promise.split(', then ').join('\n')}\n`);
    }
  });
});
