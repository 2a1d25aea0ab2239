import { expect, it } from 'vitest';
import { openCollection } from '../../../src/collection/index.ts';
import { decodeVersion, encodeVersion } from '../../../src/collection/version/version-file.ts';
import { versionName } from '../../../src/collection/version/version-name.ts';
import '../../../src/node/register.ts';
import { assemble, blockOf, entriesOf, takeApart } from '../../fault/hostile-partition.ts';
import { failure } from '../../support/failures.ts';
import { checksum } from '../../support/signed.ts';
import { readFile, tree, writeFile } from '../../support/storage-tools.ts';

it('a file whose keys are out of order is CORRUPTION when it is merged, under right checksums', async () => {
  const uri = `memory:${crypto.randomUUID()}`;
  await using collection = await openCollection<string, string>(uri, { autoCompact: false });
  await collection.commit(Array.from({ length: 40 }, (_, i) => ({ set: [`k${i + 10}`, 'v'.repeat(2000)] })));
  const [name] = await tree(`${uri}/data`);
  const partition = takeApart(await readFile(`${uri}/data/${name}`));
  const [block] = partition.blocks;
  const entries = entriesOf(block).map(({ start, end }) => block.data.slice(start, end));
  [entries[3], entries[4]] = [entries[4], entries[3]];
  partition.blocks[0] = blockOf(entries);
  const { file, tail, contentSum, dataBytes } = assemble(partition);
  const path = `${uri}/versions/${versionName(1)}`;
  const state = decodeVersion(await readFile(path), path, checksum);
  const [generation] = state.generations;
  const record = {
    ...generation.partitions[0],
    bytes: file.length,
    dataBytes,
    tailBytes: tail.length,
    tailChecksum: checksum.hash(tail),
    contentSum,
  };
  const generations = [{ ...generation, partitions: [record] }];
  await writeFile(path, encodeVersion({ ...state, generations }, checksum));
  await writeFile(`${uri}/data/${name}`, file);
  await using forged = await openCollection<string, string>(uri, { autoCompact: false });
  await forged.commit(Array.from({ length: 40 }, (_, i) => ({ set: [`x${i}`, 'v'.repeat(2000)] })));
  const error = await failure(forged.compact({ full: true }), 'CORRUPTION');
  expect(error.message).toContain(name);
});

it('a file that is damaged where it begins fails a merge with nothing but CORRUPTION', async () => {
  const uri = `memory:${crypto.randomUUID()}`;
  {
    await using collection = await openCollection<string, string>(uri, { autoCompact: false });
    for (const key of ['a', 'b']) await collection.set(key, 'v'.repeat(100_000));
  }
  const [name] = await tree(`${uri}/data`);
  const bytes = await readFile(`${uri}/data/${name}`);
  bytes[50] ^= 1;
  await writeFile(`${uri}/data/${name}`, bytes);
  await using damaged = await openCollection<string, string>(uri, { autoCompact: false });
  await failure(damaged.compact({ full: true }), 'CORRUPTION');
});
