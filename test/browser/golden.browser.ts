import { inject } from 'vitest';
import { openStore, storeInfo } from '../../src/index.ts';
import { GOLDEN_CASES } from '../golden/golden-cases.ts';
import { goldenReading } from '../golden/reading-cases.ts';

const origin = inject('goldenOrigin');

goldenReading('over HTTP', ({ name }) => openStore<unknown, unknown>(`${origin}/${name}/store`));

// A partition describes itself: one that is all of its store answers as the store does.
goldenReading(
  'as Files',
  async ({ name }) => {
    const uri = `${origin}/${name}/store`;
    const { partitions } = await storeInfo(uri);
    const response = await fetch(`${uri}/data/${partitions[0].name}`);
    return openStore<unknown, unknown>(new File([await response.blob()], partitions[0].name));
  },
  GOLDEN_CASES.filter(({ options, entries, mergedFrom }) => {
    return entries.length > 0 && options.partitionBytes === undefined && mergedFrom === undefined;
  }),
);
