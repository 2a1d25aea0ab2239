import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { FileSink } from '../../src/node/file-sink.ts';
import { failure, failureNow } from '../support/failures.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const root = temporaryDirectory();
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('a sink that was aborted writes nothing more, to no file that has its descriptor now', async () => {
  const sink = FileSink.create(join(root, 'aborted'));
  sink.write(new Uint8Array(10));
  await sink.abort();
  const other = FileSink.create(join(root, 'other'));
  failureNow(() => sink.write(new Uint8Array(5 << 20)), 'CLOSED');
  await failure(sink.finish(), 'CLOSED');
  other.write(Uint8Array.of(1, 2, 3));
  await other.finish();
  expect([...readFileSync(join(root, 'other'))]).toEqual([1, 2, 3]);
});
