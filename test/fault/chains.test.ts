import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Bundle, bundle } from '../support/bundle.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const TIMES = 300;
const MAX_DESCRIPTORS = 256;

let child: Bundle;
let root: string;

beforeAll(async () => {
  child = await bundle(new URL('./chain-child.ts', import.meta.url));
  root = temporaryDirectory();
});
afterAll(() => {
  child.remove();
  rmSync(root, { recursive: true, force: true });
});

it('chains that fail leave no file and no descriptor, and writers that are dropped none that is not collected', async () => {
  const command = `ulimit -n ${MAX_DESCRIPTORS} && exec "$0" --expose-gc "$@"`;
  const { stdout } = await promisify(execFile)(
    'sh',
    ['-c', command, process.execPath, child.file, root, String(TIMES)],
    { timeout: 50_000 },
  );
  const found = JSON.parse(stdout) as {
    readonly codes: readonly string[];
    readonly left: readonly string[];
    readonly before: number;
    readonly after: number;
    readonly dropped: number;
  };
  expect([...found.codes].sort()).toEqual(['INVALID_ARGUMENT', 'KEY_ORDER']);
  expect(found.left).toEqual([]);
  expect(found.after).toBe(found.before);
  // The last one may still be on the stack.
  expect(found.dropped).toBeLessThanOrEqual(found.before + 1);
});
