import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { createStore } from '../../src/node/index.ts';
import { createLog } from '../../src/node/log.ts';
import { buildCommand } from '../support/built-command.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';
import { REPOSITORY } from './source-files.ts';

const at = directoryPerTest();

beforeAll(buildCommand, 180_000);

it('ten thousand chained calls run with 256 descriptors', async () => {
  const writer = createStore(at('store'), { valueEncoding: 'utf8', partitionBytes: 2048, blockBytes: 512 });
  for (let i = 0; i < 60; i++) writer.put(`k${String(i).padStart(3, '0')}`, 'v'.repeat(500));
  expect((await writer.close()).partitions.length).toBeGreaterThanOrEqual(15);
  const producer = await createLog(at('log'));
  producer.send('a', '1');
  await producer.close();
  const program = `
    import { openStore } from 'cairnkv';
    import { openLog } from 'cairnkv/log';
    const [store, log] = ${JSON.stringify([at('store'), at('log')])};
    const calls = [
      () => openStore(store).get('k005'),
      () => openStore(store).count({ gte: 'k010' }),
      async () => { for await (const entry of openStore(store).entries()) return entry; },
      () => openLog(log).bucket(0).at(0),
      () => openStore(store, { keyEncoding: 'number' }).get(1).catch(() => 'refused'),
    ];
    for (let n = 0; n < 10_000; n++)
      if ((await calls[n % calls.length]()) === undefined) throw new Error('nothing was found');
    console.log('done');`;
  const { stdout, stderr } = spawnSync(
    'bash',
    ['-c', 'ulimit -n 256; exec "$0" --input-type=module -e "$1"', process.execPath, program],
    { cwd: join(REPOSITORY), encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  expect(stdout).toBe('done\n');
});
