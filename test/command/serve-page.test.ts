import { mkdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { REPOSITORY } from '../package/source-files.ts';
import { buildCommand, shellBeside } from '../support/built-command.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';
import { servedRoots } from '../support/served-root.ts';

const at = directoryPerTest();
const roots = servedRoots();

beforeAll(buildCommand, 120_000);

/** The commands of the page's first part, each with the output below it. */
function sessions(): { readonly command: string; readonly output: string }[] {
  const page = readFileSync(`${REPOSITORY}src/server/README.md`, 'utf8').split('## For other machines')[0];
  return [...page.matchAll(/^```console\n([\s\S]*?)^```/gm)].flatMap(([, block]) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const end = part.indexOf('\n');
        return { command: part.slice(0, end), output: part.slice(end + 1).trimEnd() };
      }),
  );
}

/** Compares output with what a page shows of it: `…` is any text, and columns may be wider. */
function pattern(shown: string): RegExp {
  const escaped = shown.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/ +/g, ' +');
  return new RegExp(`^${escaped.replaceAll('…', '[^\\n]*')}$`);
}

describe('the page of the server', () => {
  it('shows what a newcomer sees', async () => {
    mkdirSync(at('work'));
    let base = 'http://localhost:8080';
    for (const { command, output } of sessions()) {
      if (command.startsWith('cairn serve')) {
        const { port } = await roots.listen({ root: at('work/data') });
        base = `http://localhost:${port}`;
        continue;
      }
      const { code, out, err } = await shellBeside(command.replaceAll('http://localhost:8080', base), {
        cwd: at('work'),
        env: {},
      });
      expect([command, code, code === 0 ? '' : err]).toEqual([command, 0, '']);
      expect(out.trimEnd().replaceAll(base, 'http://localhost:8080')).toMatch(pattern(output));
    }
    expect(base).not.toBe('http://localhost:8080');
  }, 60_000);
});
