import { mkdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { userPages } from '../package/examples.ts';
import { REPOSITORY } from '../package/source-files.ts';
import { buildCommand, shellBeside } from '../support/built-command.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';
import { S3Server } from '../support/s3-server.ts';

const at = directoryPerTest();
let server: S3Server;

beforeAll(async () => {
  buildCommand();
  server = await S3Server.start();
  server.buckets.set('bucket', new Map());
}, 120_000);
afterAll(() => server.stop());

/** What sets a machine up, and is not run here. */
const SET_UP = /^(?:npm|npx|export) /;

/** The lines of a page's `sh` blocks. One that ends in a backslash goes on in the next. */
function shellLines(page: string): string[] {
  const blocks = readFileSync(`${REPOSITORY}${page}`, 'utf8').matchAll(/^```sh\n([\s\S]*?)^```/gm);
  return [...blocks]
    .flatMap(([, block]) => block.trimEnd().replaceAll('\\\n', '').split('\n'))
    .filter((line) => line !== '' && !line.startsWith('#') && !SET_UP.test(line));
}

describe('the blocks of shell in the pages', () => {
  const pages = userPages().filter((page) => shellLines(page).length > 0);

  it('are found', () => {
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'src/cli/README.md', 'src/io/s3/README.md']));
  });

  it.each(pages)('%s: work in their order, and print what they say', { timeout: 60_000 }, async (page) => {
    const cwd = at('work');
    mkdirSync(cwd);
    const env = {
      AWS_ACCESS_KEY_ID: 'AK',
      AWS_SECRET_ACCESS_KEY: 'SK',
      AWS_REGION: server.region,
      AWS_ENDPOINT_URL_S3: server.endpoint,
    };
    for (const line of shellLines(page)) {
      const [, command, promise] = /^(.*?)(?: {2,}# (.*))?$/.exec(line) as RegExpExecArray;
      const { code, out, err } = await shellBeside(command, { cwd, env });
      expect([command, code, code === 0 ? '' : err]).toEqual([command, 0, '']);
      if (promise !== undefined) expect(out).toBe(`${promise.split(', then ').join('\n')}\n`);
    }
  });
});
